"""Snakemake as the command runs it, without its limit on jobs per second."""

import pytest

from neuro_attn.command_line import scheduling


@pytest.fixture
def limit(monkeypatch):
    """Return a function that returns the limit with which Snakemake would run."""

    def of(*arguments: str) -> object:
        given = []

        def run(arguments, parser) -> bool:
            given.append(arguments.max_jobs_per_timespan)
            return True

        monkeypatch.setattr(scheduling, "args_to_api", run)
        monkeypatch.setattr("sys.argv", ["snakemake", *arguments])
        with pytest.raises(SystemExit) as ended:
            scheduling.main()
        assert ended.value.code == 0
        return given[0]

    return of


def test_on_one_machine_jobs_are_limited_by_cores_alone(limit):
    assert limit("--cores", "2") is None
    assert limit("--cores", "2", "--executor", "local") is None


def test_a_limit_that_the_user_gives_holds_on_one_machine_too(limit):
    given = limit("--cores", "2", "--max-jobs-per-timespan", "5/1m")
    assert (given.max_jobs, given.timespan) == (5, 60)


def test_a_cluster_keeps_the_limit_of_its_profile(limit):
    given = limit("--profile", "workflow/profiles/slurm")
    assert (given.max_jobs, given.timespan) == (200, 10)


def test_a_failure_of_snakemake_is_a_failure_of_the_command(monkeypatch, capsys):
    def fail(arguments, parser) -> bool:
        raise ValueError("no such thing")

    for run, code in ((fail, 1), (lambda arguments, parser: False, 1)):
        monkeypatch.setattr(scheduling, "args_to_api", run)
        monkeypatch.setattr("sys.argv", ["snakemake", "--cores", "1"])
        with pytest.raises(SystemExit) as ended:
            scheduling.main()
        assert ended.value.code == code

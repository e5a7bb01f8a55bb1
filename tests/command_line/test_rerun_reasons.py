"""Why jobs run again, in plain words, from what Snakemake writes into its log."""

import json

import pytest

from neuro_attn.command_line.reruns import Reruns

OLD, NEW = "0123456789abcdef", "fedcba9876543210"
CHANGED = (
    "Params have changed since last execution: Union of exclusive params before and now across "
    "all output: before: {} now: {} "
)
AGAIN = "Input files updated by another job: results/mine/decoding/V4.nc"


def log(rule, reason, output="results/a.csv"):
    """Return what Snakemake writes of a job."""
    outputs = f"    output: {output}\n" if output else ""
    return f"rule {rule}:\n    input: data/a.nwb\n{outputs}    jobid: 3\n    reason: {reason}\n"


@pytest.fixture
def reruns(tmp_path):
    """Digests of two versions, which differ in two modules, are recorded."""
    before = {"neuro_attn/a.py": "1", "neuro_attn/b.py": "1", "neuro_attn/c.py": "1"}
    now = before | {"neuro_attn/b.py": "2", "script.py": "1"}
    (tmp_path / f"{OLD}.json").write_text(json.dumps(before))
    (tmp_path / f"{NEW}.json").write_text(json.dumps(now))
    return Reruns(tmp_path)


def told(reruns, *jobs):
    return [cause for job in jobs for line in job.splitlines() if (cause := reruns.read(line))]


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        (CHANGED.format(f"'{OLD}'", f"'{NEW}'"), "neuro_attn/b.py, script.py changed"),
        (CHANGED.format(f"'{OLD}'", f"'{'0' * 16}'"), "the code changed"),
        (
            CHANGED.format("{'time': {'bin': 0.1, 'start': 0}, 'x': []}", "{'time': {'bin': 0.2}}"),
            "changed settings: time.bin (0.1 -> 0.2), time.start (0 -> absent), x ([] -> absent)",
        ),
        (CHANGED.format("1", "2"), "changed settings: 1 -> 2"),
        (
            CHANGED.format(f"{{'a': {list(range(99))}}}", "{'a': [1]}"),
            "changed settings: a ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11... -> [1])",
        ),
        (CHANGED.format("<nothing exclusive>", "{'a': 1}"), "changed settings: a (absent -> 1)"),
        (
            CHANGED.format(f"{{'a': 1}},'{OLD}'", f"'{NEW}',{{'a': 2}}"),
            "neuro_attn/b.py, script.py changed; changed settings: a (1 -> 2)",
        ),
        (CHANGED.format("object at 0x1", "object at 0x2"), "the settings changed"),
        ("Updated input files: data/a.nwb", "data/a.nwb changed"),
        (
            "Updated input files: a, b, c, d, e; Code has changed since last execution",
            "a, b, c and 2 more files changed",
        ),
        ("Set of input files has changed since last execution", "the list of input files changed"),
        ("Code has changed since last execution", "the script changed"),
        (
            "Software environment definition has changed since last execution",
            "the software environment changed",
        ),
        ("Incomplete output files: results/a.csv", "the results are incomplete"),
        (f"{AGAIN}; {CHANGED.format('1', '2')}", "changed settings: 1 -> 2"),
        ("A reason of another version of Snakemake", "A reason of another version of Snakemake"),
    ],
)
def test_each_reason_is_told_once_in_plain_words(reruns, reason, cause):
    assert told(reruns, log("decode", reason), log("decode", reason)) == [
        f"{cause}: what depends on it runs again, beginning with decode"
    ]
    assert reruns.summary("ran again") == f"2 jobs ran again:\n  2 decode: {cause}"


def test_what_follows_from_another_job_is_counted_and_comes_last(reruns):
    jobs = [log("infer", AGAIN), log("decode", CHANGED.format("1", "2")), log("draw", AGAIN)]
    assert len(told(reruns, *jobs)) == 1
    assert reruns.summary("would run again").splitlines() == [
        "3 jobs would run again:",
        "  decode: changed settings: 1 -> 2",
        "  draw, infer: the input is computed again",
    ]


@pytest.mark.parametrize(
    "job",
    [
        log("decode", f"Missing output files: results/a.csv; {AGAIN}"),
        log("decode", "Forced execution"),
        log("all", AGAIN, output=""),
    ],
)
def test_jobs_without_earlier_results_and_those_asked_for_do_not_run_again(reruns, job):
    assert told(reruns, job) == []
    assert reruns.summary("ran again") == ""

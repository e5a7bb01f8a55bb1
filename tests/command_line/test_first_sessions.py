"""A run reads one session of each new data set before Snakemake starts a job."""

import pytest
import yaml

from neuro_attn.command_line import main
from tests import formats
from tests.command_line.conftest import make_project

SNAKEFILE = """
rule all:
    shell: "touch done"
"""


@pytest.fixture
def in_milliseconds(tmp_path, monkeypatch):
    """Return what writes recordings with spikes in ms, and a configuration, to this folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEURO_ATTN_DATA", raising=False)

    def write(source):
        planted = formats.planted(n_trials=40, n_units=4)
        planted = planted.with_spikes(lambda times: times * 1000)
        keys = formats.write(source, tmp_path / "data", planted)
        make_project(tmp_path, SNAKEFILE)
        (tmp_path / "mine.yaml").write_text(yaml.safe_dump({"datasets": {"mine": keys}}))
        return tmp_path

    return write


@pytest.mark.parametrize("source", formats.SPIKES)
@pytest.mark.parametrize("command", ["run", "report"])
def test_spikes_in_milliseconds_are_refused_before_any_job(
    command, source, in_milliseconds, capsys
):
    folder = in_milliseconds(source)
    assert main([command, "mine.yaml"]) == 1
    printed = capsys.readouterr()
    (message,) = printed.err.strip().splitlines()
    assert "spike times seem to be in milliseconds. Divide them by 1,000 in the file" in message
    # Neither Snakemake nor a job has begun.
    assert not {"done", ".snakemake", "results"} & {path.name for path in folder.iterdir()}


def test_a_data_set_with_results_is_not_read_again(in_milliseconds, capsys):
    folder = in_milliseconds("csv")
    (folder / "results/mine/recordings").mkdir(parents=True)
    assert main(["run", "mine.yaml", "--cores", "1"]) == 0, capsys.readouterr().err
    assert (folder / "done").exists()

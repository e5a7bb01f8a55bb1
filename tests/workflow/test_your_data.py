"""The commands of docs/your_data.md, run as they stand there, lead from files to a figure."""

import re
import shlex

import numpy as np
import pandas as pd
import pytest
import yaml

from neuro_attn.results import read_csv
from tests.onboarding.conftest import write_nwb, write_raster, write_tables
from tests.workflow.conftest import ROOT

PAGE = (ROOT / "docs/your_data.md").read_text(encoding="utf-8")


def commands() -> list[list[str]]:
    """Return the arguments of every command of the page, in order."""
    blocks = re.findall(r"^```console\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    joined = "\n".join(blocks).replace("\\\n", " ")
    return [shlex.split(line)[2:] for line in joined.splitlines() if line.startswith("$ ")]


def write_session(path, seed):
    """Write a session with the columns of the page's; VISp tells the side apart."""
    rng = np.random.default_rng(seed)
    n = 240
    left, right = rng.permutation(np.array([(0, 1), (1, 0), (0.5, 1), (1, 0.5)] * (n // 4))).T
    start = 2.0 * np.arange(n)
    trials = pd.DataFrame(
        {
            "start_time": start,
            "stop_time": start + 1.5,
            "contrast_left": left,
            "contrast_right": right,
            "feedback_type": np.where(np.arange(n) % 10, 1, -1),
            "stimulus_onset": start + 0.5,
        }
    )
    trains = []
    for unit in range(40):
        rate = np.where((left > right) == (unit % 2), 40.0, 10.0) if unit < 20 else np.full(n, 20.0)
        counts = rng.poisson(0.4 * rate)
        events = np.repeat(trials["stimulus_onset"].to_numpy(), counts)
        trains.append(np.sort(events + rng.uniform(0, 0.4, counts.sum())))
    regions = ["VISp"] * 20 + ["CA1"] * 20
    write_nwb(path, trials, trains, place="electrodes", regions=regions)


@pytest.fixture(scope="module")
def project(new_project):
    made = new_project()
    for folder in ("steinmetz2019", "zhang_desimone", "tables"):
        (made.folder / "data" / folder).mkdir(parents=True)
    (made.folder / "config").mkdir()
    for number in (11, 12):
        write_session(made.folder / f"data/steinmetz2019/session{number}.nwb", number)
    for number in range(6):
        labels = {"side": "stimulus_ID", "rule": "stimulus_position"}
        values = {"visual": "upper", "auditory": "lower"}
        path = made.folder / f"data/zhang_desimone/unit{number}.mat"
        write_raster(path, names=labels, values=values)
    write_tables(made.folder / "data/tables")
    return made


def expanded(arguments, folder):
    """Return arguments as a shell gives them, patterns replaced by the files they match."""
    for argument in arguments:
        matches = sorted(folder.glob(argument)) if "*" in argument else []
        yield from [str(path.relative_to(folder)) for path in matches] or [argument]


@pytest.mark.slow
def test_every_command_of_the_page_does_what_the_page_says(project):
    told = commands()
    assert [each[0] for each in told] == [
        *("inspect", "init", "init", "check", "report", "init", "init", "init"),
    ]
    for number, arguments in enumerate(told):
        # The second command of the page shows what is said when an option is missing.
        expected = int(number == 1)
        done = project.run(*expanded(arguments, project.folder), check=False)
        assert done.returncode == expected, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        if expected:
            assert "Candidates: contrast_left, contrast_right, feedback_type." in done.stderr
        if arguments[0] == "report":
            figure = project.folder / "results/figures/decoding_over_time-mine.png"
            assert figure.read_bytes().startswith(b"\x89PNG")
            assert (project.folder / "results/report.html").stat().st_size > 100_000
            summary = read_csv(project.folder / "results/mine/summary.csv")
            accuracy = summary.set_index(["region", "train_task", "test_task"])["accuracy"]
            # Planted for both tasks alike in VISp, not at all in CA1: there .75 is 5 SD from
            # chance with the 108 trials of a task (SD .5 / sqrt(108)), p < 1e-6.
            assert accuracy["VISp"].min() > 0.9
            assert accuracy["CA1"].max() < 0.75
            assert set(read_csv(project.folder / "results/mine/regions.csv")["region"]) == {
                "VISp",
                "CA1",
            }


def test_the_configuration_shown_is_the_one_that_is_written(project):
    """The keys of the page stand in the file that its commands write."""
    (shown,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    command = commands()[2]
    project.run(*command, "--force")
    ((_, written),) = yaml.safe_load((project.folder / "config/mine.yaml").read_text())[
        "datasets"
    ].items()
    for key in ("label", "tasks", "time"):
        assert yaml.safe_load(shown)[key] == written[key]

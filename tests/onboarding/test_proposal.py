"""`neuro-attn init` writes a configuration that runs, or says which option is missing."""

import os
import pty
import subprocess
import sys

import numpy as np
import pytest
import scipy.io
import yaml

from neuro_attn import configuration, sources
from tests.commands import HANGS
from tests.onboarding.conftest import (
    N_TRIALS,
    N_UNITS,
    spike_trains,
    trials_table,
    write_nwb,
    write_raster,
    write_tables,
)

TASKS = ("--task", "visual=rule == 'visual'", "--task", "auditory=rule == 'auditory'")
OPTIONS = ("-o", "config/mine.yaml", "--label", "side", *TASKS)


def written(tmp_path, name="mine"):
    return yaml.safe_load((tmp_path / f"config/{name}.yaml").read_text(encoding="utf-8"))


def dataset(tmp_path, name="mine"):
    return written(tmp_path, name)["datasets"][name]


def test_what_is_written_for_every_format_is_what_a_run_reads(command, files, tmp_path):
    done = command("init", *files, *(OPTIONS if files[0].suffix != ".nc" else OPTIONS[:2]))
    assert done.code == 0, done.err
    settings = configuration.load("config/mine.yaml")
    recordings = sources.read("mine", settings.datasets["mine"], settings.data_folder, 0)
    trials = sum(recording.sizes["trial"] for recording in recordings)
    assert trials == N_TRIALS * len(recordings)
    assert {str(task) for r in recordings for task in r["task"].values} == {"visual", "auditory"}
    assert {str(label) for r in recordings for label in r["label"].values} == {"left", "right"}
    assert command("check", "config/mine.yaml").code == 0


def test_every_key_is_explained_and_the_file_stands_by_itself(command, tmp_path):
    command("init", write_nwb(tmp_path / "a.nwb"), *OPTIONS)
    text = (tmp_path / "config/mine.yaml").read_text(encoding="utf-8")
    assert max(map(len, text.splitlines())) <= 100
    lines = text.splitlines()
    for key in ("files:", "table:", "regions:", "label:", "tasks:", "time:", "windows:"):
        (at,) = [n for n, line in enumerate(lines) if line.startswith(f"    {key}")]
        assert lines[at - 1].startswith("    # ")


def test_what_is_not_said_is_proposed_where_there_is_one_choice(command, tmp_path):
    trials = trials_table().drop(columns=["rule", "correct"])
    assert (
        command("init", write_nwb(tmp_path / "a.nwb", trials), "-o", "config/mine.yaml").code == 0
    )
    keys = dataset(tmp_path)
    assert keys["label"] == "side"
    assert keys["tasks"] == {"all": {"trials": "trial_id == trial_id", "align": "stimulus"}}
    assert keys["regions"]["column"] == "location"
    assert keys["time"] == {"start": -0.2, "stop": 0.6, "bin": 0.05}


def test_regions_that_are_none_are_excluded_and_few_units_are_allowed(command, tmp_path):
    regions = ["root"] * 4 + ["V4"] * 10 + ["FEF"] * (N_UNITS - 14)
    path = write_nwb(tmp_path / "a.nwb", regions=regions)
    assert command("init", path, *OPTIONS).code == 0
    assert dataset(tmp_path)["regions"] == {
        "column": "location",
        "exclude": ["root"],
        "min_units": 10,
    }


def test_time_is_where_the_spikes_are(command, tmp_path):
    events = trials_table()["stimulus"].to_numpy()
    rng = np.random.default_rng(1)
    within = [np.sort((events[:, None] + rng.uniform(0, 0.4, (N_TRIALS, 5))).ravel())] * N_UNITS
    assert command("init", write_nwb(tmp_path / "a.nwb", trains=within), *OPTIONS).code == 0
    assert dataset(tmp_path)["time"] == {"start": 0.0, "stop": 0.4, "bin": 0.05}


def test_a_raster_keeps_to_the_time_it_covers(command, tmp_path):
    paths = [write_raster(tmp_path / f"{n}.mat", event=101.0) for n in "abcdef"]
    assert command("init", *paths, *OPTIONS).code == 0
    assert dataset(tmp_path)["time"] == {"start": -0.1, "stop": 0.6, "bin": 0.05}
    assert dataset(tmp_path)["decoding"]["population"] == "pseudopopulation"


def test_trials_without_the_event_are_left_out_of_all_trials(command, tmp_path):
    trials = trials_table()
    trials.loc[3, "stimulus"] = np.nan
    path = write_nwb(tmp_path / "a.nwb", trials)
    assert command("init", path, "-o", "config/mine.yaml", "--label", "side").code == 0
    assert dataset(tmp_path)["tasks"]["all"]["trials"] == "stimulus == stimulus"


def test_options_go_into_the_file(command, tmp_path):
    trials = trials_table().assign(go=trials_table()["stimulus"] + 0.3)
    done = command(
        *("init", write_nwb(tmp_path / "a.nwb", trials), "-o", "config/mine.yaml", *TASKS),
        *("--label", "left=side == 'left'", "--label", "right=side == 'right'"),
        *("--align", "visual=stimulus", "--align", "auditory=go", "--region-column", "location"),
        *("--start", "-0.1", "--stop", "0.5", "--bin", "0.1"),
        *("--window", "early=0:0.2", "--window", "late=0.2:0.5"),
    )
    assert done.code == 0, done.err
    keys = dataset(tmp_path)
    assert keys["label"] == {"left": "side == 'left'", "right": "side == 'right'"}
    assert {name: task["align"] for name, task in keys["tasks"].items()} == {
        "visual": "stimulus",
        "auditory": "go",
    }
    assert keys["time"] == {"start": -0.1, "stop": 0.5, "bin": 0.1}
    assert keys["windows"] == {"early": [0.0, 0.2], "late": [0.2, 0.5]}


def test_ends_that_are_asked_for_stand_and_the_bin_gives_way(command, tmp_path):
    done = command(
        "init", write_nwb(tmp_path / "a.nwb"), *OPTIONS, "--start", "0", "--stop", "0.33"
    )
    assert done.code == 0, done.err
    time = dataset(tmp_path)["time"]
    assert (time["start"], time["stop"]) == (0.0, 0.33)


def test_a_bin_that_leaves_no_time_course_is_a_caution(command, tmp_path):
    done = command("init", write_nwb(tmp_path / "a.nwb"), *OPTIONS, "--bin", "0.4")
    assert done.code == 0, done.err
    assert dataset(tmp_path)["time"] == {"start": -0.2, "stop": 0.6, "bin": 0.4}
    assert "0.4 is 400 ms, and 40 ms is 0.04" in " ".join(done.out.split())


def test_a_mistyped_table_gets_a_suggestion(command, tmp_path):
    done = command("init", write_nwb(tmp_path / "a.nwb"), "-o", "a.yaml", "--table", "trails")
    assert done.message == (
        "--table: no interval table 'trails'. Did you mean trials? Tables: trials."
    )


def test_a_file_without_single_trials_is_not_to_be_described_by_hand(command, tmp_path):
    scipy.io.savemat(tmp_path / "means.mat", {"dat": np.zeros((8, 380))})
    done = command("init", "means.mat", "-o", "means.yaml")
    assert done.message == (
        "means.mat: No array with axes for units, time and trials (the largest is 'dat' (8 x 380))."
        " A run needs single trials: averages over trials cannot be decoded."
    )


def test_a_quick_look_takes_few_permutations(command, tmp_path):
    path = write_nwb(tmp_path / "a.nwb")
    assert command("init", path, *OPTIONS).code == 0
    assert written(tmp_path)["inference"] == {"permutations": 200, "bootstraps": 100}
    assert command("init", path, *OPTIONS, "--quick", "--force").code == 0
    assert written(tmp_path)["inference"] == {"permutations": 19, "bootstraps": 40}


def test_files_with_spaces_brackets_and_other_letters_are_found_again(command, tmp_path):
    folder = tmp_path / "my data [1]"
    folder.mkdir()
    path = write_nwb(folder / "maus 1 [früh].nwb")
    assert command("init", path, *OPTIONS).code == 0
    assert command("check", "config/mine.yaml").code == 0


@pytest.mark.parametrize("name", ["yes", "1", "x: y", "#1", "'", "- a", "null", "1e3", "=", "é"])
def test_names_that_mean_something_to_yaml_stay_text(command, tmp_path, name):
    # A column of placeholders alone, such as "null", names no regions.
    regions = [name, "V4"] * (N_UNITS // 2)
    path = write_nwb(tmp_path / "a.nwb", regions=regions)
    task = name.replace("=", "equal")
    options = ("-o", "config/mine.yaml", "--label", "side", "--task", f"{task}=correct == correct")
    done = command("init", path, *options)
    assert done.code == 0, done.err
    assert list(dataset(tmp_path)["tasks"]) == [task]


def test_a_file_is_replaced_only_when_told_to(command, tmp_path):
    path = write_nwb(tmp_path / "a.nwb")
    command("init", path, *OPTIONS)
    before = (tmp_path / "config/mine.yaml").read_bytes()
    other = ("-o", "config/mine.yaml", "--label", "correct")
    message = command("init", path, *other).message
    assert message == (
        "config/mine.yaml: a file of this name exists already. Choose another name with --output, "
        "or add --force to replace the file."
    )
    assert (tmp_path / "config/mine.yaml").read_bytes() == before
    assert command("init", path, *other, "--force").code == 0
    assert dataset(tmp_path)["label"] == "correct"


WRONG = {
    "no label": (TASKS, ["--label: ", "Candidates: rule, side, correct."]),
    "no event among two": (
        ("--label", "side", "--align", ""),
        ["no trial column ''"],
    ),
    "a task without a name": (
        ("--label", "side", "--task", "rule == 'visual'"),
        ["--task: \"rule == 'visual'\" is not NAME=EXPRESSION."],
    ),
    "a comparison is no name": (
        ("--label", "side", "--task", "stimulus<=3"),
        ["--task: 'stimulus<=3' is not NAME=EXPRESSION."],
    ),
    "a window without an end": (
        ("--label", "side", *TASKS, "--window", "late=0.2"),
        ["--window: 'late=0.2' is not NAME=START:STOP."],
    ),
    "a window outside the time": (
        ("--label", "side", *TASKS, "--window", "late=0.2:9"),
        ["window late [0.2, 9] reaches outside time"],
    ),
    "a bin that does not fit": (
        ("--label", "side", *TASKS, "--start", "0", "--stop", "0.4", "--bin", "0.3"),
        ["start 0 to stop 0.4 is not a whole number of bins of 0.3 s"],
    ),
    "a time that stops before it starts": (
        ("--label", "side", *TASKS, "--start", "0.4", "--stop", "0.1"),
        ["--start, --stop: --start (0.4 s) must be smaller than --stop (0.1 s)."],
    ),
    "a time that starts after the proposed one": (
        ("--label", "side", *TASKS, "--start", "30"),
        ["--start, --stop: --start (30 s) must be smaller than --stop ("],
    ),
    "an unknown column in a task": (
        ("--label", "side", "--task", "visual=rul == 'visual'"),
        ["a.nwb, tasks.visual.trials", "no trial column 'rul'. Did you mean 'rule'?"],
    ),
    "an unknown label": (("--label", "sid", *TASKS), ["no trial column 'sid'"]),
    "an event for a task that is none": (
        ("--label", "side", *TASKS, "--align", "other=stimulus", "--align", "visual=stimulus"),
        ["--align: names the tasks other, visual; auditory, other do not match."],
    ),
    "an unknown table": (
        ("--label", "side", "--table", "passive"),
        ["--table: no interval table 'passive'. Tables: trials."],
    ),
    "an unknown region's column": (
        ("--label", "side", *TASKS, "--region-column", "area"),
        ["no column 'area' in the units or their electrodes"],
    ),
    "a label with one class": (
        ("--label", "a=side == 'left'", "--label", "b=side == 'up'", *TASKS),
        ["task 'visual' has trials of one class only, 'a'"],
    ),
    "tasks that share trials": (
        ("--label", "side", "--task", "a=correct == correct", "--task", "b=rule == 'visual'"),
        ["belongs to the tasks 'a' and 'b'"],
    ),
    "an expression that calls": (
        ("--label", "side", "--task", "a=__import__('os').system('touch ran')"),
        ["is not allowed"],
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_is_one_message_and_nothing_is_written(command, tmp_path, case):
    options, expected = WRONG[case]
    write_nwb(tmp_path / "a.nwb")
    message = command("init", "a.nwb", "-o", "config/mine.yaml", *options).message
    for text in expected:
        assert text in message
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "config") == ["a.nwb"]
    assert not list(tmp_path.glob("config/*"))


def test_an_ambiguous_event_names_the_option_and_the_candidates(command, tmp_path):
    trials = trials_table().assign(go=trials_table()["stimulus"] + 0.3)
    message = command("init", write_nwb(tmp_path / "a.nwb", trials), *OPTIONS).message
    assert (
        message
        == "--align: not given: which column contains the event's time. Candidates: stimulus, go."
    )


def test_ambiguous_regions_name_the_option_and_the_candidates(command, tmp_path):
    def renamed(units):
        return units.rename(columns={"location": "layer"}).assign(probe="a")

    message = command("init", *write_tables(tmp_path, units=renamed), *OPTIONS).message
    assert message.startswith("--region-column: not given: ")
    assert message.endswith("Candidates: layer, probe.")


def test_tables_are_needed_all_three(command, tmp_path):
    spikes, trials, _ = write_tables(tmp_path)
    message = command("init", spikes, trials, *OPTIONS).message
    assert message.startswith("FILE: no table of units. Give three tables: spikes (session,")


def test_a_data_set_has_files_of_one_kind(command, tmp_path):
    paths = [write_nwb(tmp_path / "a.nwb"), write_raster(tmp_path / "u.mat")]
    assert command("init", *paths, *OPTIONS).message.startswith("FILE: files of several sources")


def test_a_raster_that_does_not_name_its_event_asks_for_it(command, tmp_path):
    paths = [write_raster(tmp_path / f"{n}.mat", event=None) for n in "abcdef"]
    message = command("init", *paths, *OPTIONS).message
    assert "the file does not give the sample of the event. Set the key event_sample." in message
    time = ("--start", "-0.2", "--stop", "0.4")
    assert command("init", *paths, *OPTIONS, "--event-sample", 301, *time).code == 0
    assert dataset(tmp_path)["event_sample"] == 301


def test_a_configuration_ends_in_yaml(command, tmp_path):
    path = write_nwb(tmp_path / "a.nwb")
    message = command("init", path, "-o", "mine.txt", "--label", "side").message
    assert message == "--output: 'mine.txt'. A configuration ends in .yaml."


def test_a_name_that_results_need_for_themselves_is_refused(command, tmp_path):
    path = write_nwb(tmp_path / "a.nwb")
    message = command("init", path, "-o", "config/tables.yaml", "--label", "side").message
    assert message.startswith("--output: the data set would be named 'tables', after the file.")


def test_too_few_trials_for_any_fold_is_told_before_anything_is_written(command, tmp_path):
    trials = trials_table()
    trials.loc[1:, "side"] = "right"
    trials.loc[0, "side"] = "left"
    options = ("-o", "config/mine.yaml", "--label", "side")
    message = command("init", write_nwb(tmp_path / "a.nwb", trials), *options).message
    assert "2 folds need 2 trials of every task and class; session 'a' has 1 of task" in message


def test_at_a_terminal_what_is_missing_is_asked_for(tmp_path):
    write_nwb(tmp_path / "a.nwb")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "neuro_attn.command_line", "init", "a.nwb", "-o", "mine.yaml"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
    )
    os.write(ours, b"2\nvisual=rule == 'visual'; auditory=rule == 'auditory'\n")
    out, _ = process.communicate(timeout=HANGS)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0, out
    assert "What is decoded, a column, NAME=EXPRESSION for each class, or circular=COLUMN" in out
    keys = yaml.safe_load((tmp_path / "mine.yaml").read_text())["datasets"]["mine"]
    assert keys["label"] == "side"
    assert list(keys["tasks"]) == ["visual", "auditory"]


def test_spikes_in_milliseconds_are_refused(command, tmp_path):
    trains = [times * 1000 for times in spike_trains()]
    path = write_nwb(tmp_path / "a.nwb", trains=trains)
    assert "spike times seem to be in milliseconds" in command("init", path, *OPTIONS).message

"""Names and expressions that are probably not meant are reported by `check` and in a run's log."""

from dataclasses import replace

import numpy as np
import pytest

from neuro_attn import cautions, sources
from neuro_attn.configuration import parse
from neuro_attn.errors import InputError
from neuro_attn.onboarding import checking, inspection
from tests import formats

# CSV tables lose blanks at the ends of text when they are read, and MATLAB needs all levels.
SPELLED = tuple(each for each in formats.EVERY if each != "matlab")


def misspelled() -> formats.Session:
    """Return a session in which the side of the last 20 trials is capitalized."""
    planted = formats.planted()
    side = planted.trials["side"].to_numpy().copy()
    side[60:] = [each.title() for each in side[60:]]
    return replace(planted, trials=planted.trials.assign(side=side))


def said(keys, folder, capsys):
    """Return the cautions of `check`, after a run has reported each in its log."""
    settings = parse({"datasets": {"mine": keys}})
    (report,) = checking.examine(settings, folder)
    capsys.readouterr()
    sources.read("mine", settings.datasets["mine"], folder, 0)
    log = capsys.readouterr().err
    found = [each for each in report.cautions if str(each) in log]
    assert report.problems == []
    return found


@pytest.mark.parametrize("source", SPELLED)
def test_classes_that_differ_in_case_only_are_reported(source, tmp_path, capsys):
    keys = formats.write(source, tmp_path, misspelled())
    found = said(keys, tmp_path, capsys)
    assert [each.where for each in found] == ["datasets.mine.label"] * 2
    assert found[0].problem == (
        "the classes 'Left', 'left' differ only in case or blanks and are separate classes."
    )
    assert "left: side in ['Left', 'left']" in found[0].remedy


@pytest.mark.parametrize("source", ["parquet", "netcdf"])
def test_the_remedy_of_misspelled_classes_works(source, tmp_path, capsys):
    keys = formats.write(source, tmp_path, misspelled())
    keys["label"] = {name: f"side in {[name.title(), name]}" for name in ("left", "right")}
    assert said(keys, tmp_path, capsys) == []


@pytest.mark.parametrize("source", ["nwb", "csv", "alf", "phy", "netcdf", "matlab"])
def test_regions_that_differ_in_blanks_only_are_reported(source, tmp_path, capsys):
    planted = replace(formats.planted(), regions=["area V4", "area  V4"] * 5)
    (found,) = said(formats.write(source, tmp_path, planted), tmp_path, capsys)
    assert found.where == "datasets.mine.regions"
    assert "regions.map: {area V4: ['area  V4', 'area V4']}" in found.remedy


@pytest.mark.parametrize("source", ["nwb", "csv", "parquet", "alf", "phy"])
def test_inspect_reports_values_that_differ_in_case_only(source, tmp_path):
    keys = formats.write(source, tmp_path, misspelled())
    names = ("spikes", "trials", "units") if source in ("csv", "parquet") else ()
    paths = [str(tmp_path / keys[name]) for name in names] or [str(next(tmp_path.iterdir()))]
    (found,) = inspection.describe(paths)
    (told,) = (each for each in found["warnings"] if "case or blanks" in each)
    assert "side ('Left' and 'left', 'Right' and 'right')" in told


EXPRESSIONS = {
    "order == pro": "Quote text: 'pro' is a value of the column 'order'.",
    "order == Pro": "Quote text: 'pro' is a value of the column 'order'.",
    "ordr == 'pro'": "Did you mean 'order'?",
    "order == 'prp'": "Did you mean 'pro'?",
    "order == 'PRO'": "Did you mean 'pro'?",
    "order in ['antisaccade']": "in the column 'order': 'retro' (40), 'pro' (40).",
    "order == 1": "The column 'order' contains text: compare it with '1'.",
    "level == '2'": "The column 'level' contains numbers: compare it with 2.",
    "level > 9": "The column 'level' ranges from 0 to 3.",
}


@pytest.mark.parametrize("source", ["csv", "alf"])
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_without_trials_says_why(source, expression, tmp_path):
    planted = formats.planted()
    level = np.arange(len(planted.trials)) // 4 % 4
    keys = formats.write(
        source, tmp_path, replace(planted, trials=planted.trials.assign(level=level))
    )
    keys["tasks"]["pro"]["trials"] = expression
    settings = parse({"datasets": {"mine": keys}})
    with pytest.raises(InputError) as error:
        sources.read("mine", settings.datasets["mine"], tmp_path, 0)
    assert EXPRESSIONS[expression] in error.value.remedy
    (report,) = checking.examine(settings, tmp_path)
    assert str(error.value) in map(str, report.problems)


@pytest.mark.parametrize("source", formats.EVERY)
def test_a_class_without_trials_is_reported(source, tmp_path, capsys):
    keys = formats.write(source, tmp_path, formats.planted())
    keys["label"] = {each: f"side == '{each}'" for each in ("left", "right", "rigth")}
    (found,) = said(keys, tmp_path, capsys)
    assert found.where == "datasets.mine.label.rigth"
    assert found.problem == "no trial has the class 'rigth', so it is not decoded."
    assert "Did you mean 'right'?" in found.remedy


@pytest.mark.parametrize("source", formats.SPIKES)
def test_a_column_of_continuous_values_gets_classes_at_the_median(source, tmp_path):
    planted = formats.planted()
    rt = np.linspace(0.2, 0.6, len(planted.trials))
    keys = formats.write(source, tmp_path, replace(planted, trials=planted.trials.assign(rt=rt)))
    settings = parse({"datasets": {"mine": {**keys, "label": "rt"}}})
    with pytest.raises(InputError) as error:
        sources.read("mine", settings.datasets["mine"], tmp_path, 0)
    assert error.value.where == "datasets.mine.label"
    assert error.value.problem == (
        "the column 'rt' has 80 values on 80 trials: too few trials of each to decode."
    )
    assert "low: rt <= 0.4, high: rt > 0.4." in error.value.remedy
    (report,) = checking.examine(settings, tmp_path)
    assert str(error.value) in map(str, report.problems)
    keys["label"] = {"low": "rt <= 0.4", "high": "rt > 0.4"}
    dataset = parse({"datasets": {"mine": keys}}).datasets["mine"]
    assert sources.read("mine", dataset, tmp_path, 0)


# --- time ----------------------------------------------------------------------------------------

LATE = {"late": [0.2, 0.4]}
TIMES = {
    "300 ms for 30 ms": (
        {"start": 0.0, "stop": 0.6, "bin": 0.3},
        {"late": [0.3, 0.6]},
        {
            "time.bin": "the time from 0 to 0.6 s has 2 bins of 0.3 s: too few for a time course, "
            "and for an onset (3 consecutive bins).",
            "windows.late": "the window [0.3, 0.6] contains a single bin of 0.3 s.",
        },
        "Times are in s: 0.3 is 300 ms, and 30 ms is 0.03.",
    ),
    "one bin": (
        {"start": 0.0, "stop": 0.4, "bin": 0.4},
        {"late": [0.0, 0.4]},
        {"time.bin": "the time from 0 to 0.4 s has 1 bin of 0.4 s: too few for a time course"},
        "40 ms is 0.04.",
    ),
    "a bin of more than half a window": (
        {"start": 0.0, "stop": 0.6, "bin": 0.15},
        {"late": [0.2, 0.45]},
        {
            "windows.late": "rates are averaged over the whole bins in [0.2, 0.45], which cover "
            "0.3 to 0.45 s."
        },
        "Let the window begin and end at edges of bins, which are every 0.15 s from 0 s.",
    ),
    "ends in ms": (
        {"start": -200.0, "stop": 600.0, "bin": 0.1},
        LATE,
        {"time": "the time from -200 to 600 s is long for one trial."},
        "if these are in ms, write {start: -0.2, stop: 0.6, bin: 0.1}.",
    ),
    "a bin in ks": (
        {"start": 0.0, "stop": 0.4, "bin": 0.00005},
        LATE,
        {"time.bin": "a bin of 0.05 ms is shorter than a spike."},
        "a bin of 50 ms is 0.05",
    ),
    "as usual": ({"start": -0.2, "stop": 0.6, "bin": 0.05}, LATE, {}, ""),
    "a short window": ({"start": 0.0, "stop": 0.4, "bin": 0.1}, {"late": [0.2, 0.3]}, {}, ""),
}


@pytest.mark.parametrize("case", TIMES)
def test_a_time_in_another_unit_than_was_meant_is_a_caution(case):
    time, windows, expected, remedy = TIMES[case]
    tasks = {"all": {"trials": "side == side", "align": "cue"}}
    keys = {"source": "nwb", "files": "*.nwb", "label": "side", "tasks": tasks}
    settings = parse({"datasets": {"mine": {**keys, "time": time, "windows": windows}}})
    found = list(cautions.of_time("mine", settings.datasets["mine"]))
    assert [each.where for each in found] == [f"datasets.mine.{key}" for key in expected]
    for each, problem in zip(found, expected.values(), strict=True):
        assert each.problem.startswith(problem)
        assert remedy in each.remedy


@pytest.mark.parametrize("source", [*formats.SPIKES, *formats.RASTERS])
def test_check_and_a_run_report_bins_that_are_too_wide(source, tmp_path, capsys):
    keys = formats.write(source, tmp_path, formats.planted())
    keys |= {"time": {"start": 0.0, "stop": 0.4, "bin": 0.2}, "windows": {"late": [0.0, 0.4]}}
    (found,) = said(keys, tmp_path, capsys)
    assert found.where == "datasets.mine.time.bin"


def test_times_in_ms_are_named_beside_what_stops_a_run(tmp_path):
    """Windows of 800 s overlap, which is the problem of each session."""
    keys = formats.write("csv", tmp_path, formats.planted())
    keys["time"] = {"start": -200.0, "stop": 600.0, "bin": 0.1}
    (report,) = checking.examine(parse({"datasets": {"mine": keys}}), tmp_path)
    assert len(report.problems) == 1
    assert "if these are in ms" in report.cautions[0].remedy

"""What `check` judges: what limits decoding, what would stop a run, and what it completes with."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from neuro_attn import decoding, sources
from neuro_attn.configuration import parse
from neuro_attn.onboarding import checking, limits, rendering
from neuro_attn.study import Study
from tests import formats

POOLED = {"population": "pseudopopulation"}


def session(n_trials=80, n_units=6, regions=(), seed=0, **columns):
    planted = formats.planted(n_trials, n_units, seed=seed)
    named = list(regions) or planted.regions
    return replace(planted, trials=planted.trials.assign(**columns), regions=named)


@pytest.fixture
def examined(tmp_path):
    """Write sessions as tables, and examine a configuration that differs from the plain one."""

    def examined(made=None, **keys):
        made = {"s1": session()} if made is None else made
        written = {**formats.write_several("csv", tmp_path, made), **keys}
        settings = parse({"datasets": {"drawn": written}})
        (report,) = checking.examine(settings, tmp_path)
        return report

    return examined


# --- what limits -------------------------------------------------------------------------------


def unequal() -> dict[str, formats.Session]:
    """Return three sessions: the second has few trials, the third few units."""
    return {
        "many": session(80, 6, ["V4"] * 4 + ["FEF"] * 2),
        "few": session(24, 6, ["V4"] * 4 + ["FEF"] * 2),
        "small": session(64, 3, ["V4"] * 2 + ["FEF"]),
    }


@pytest.mark.parametrize("kind", ["simultaneous", "pseudopopulation"])
def test_36_one_scarce_session_or_small_region_limits_all(examined, tmp_path, kind):
    """What limits is named as decoders have it, and what a change would attain."""
    quick = {"permutations": 3, "bootstraps": 20, "alpha": 0.4}
    sizes = {"population": kind, "draws": 1, "unit_counts": []}
    report = examined(unequal(), decoding=sizes, inference=quick)
    now = report.attained
    assert now.rarest[:2] == ("few", 6)
    alone = [("FEF", "small")]
    assert now.smallest == (alone if kind == "simultaneous" else [("FEF", "all")])
    tried = {change.setting: change.attained for change in report.changes}
    assert {"sessions.min_trials: 16", "decoding.folds: 5", "decoding.units: all"} <= set(tried)
    assert ("decoding.pseudotrials: 10" in tried) == (kind == "pseudopopulation")
    keys = formats.write_several("csv", tmp_path / "again", unequal())
    for setting, attained in {"decoding.draws: 1": now, **tried}.items():
        if setting.startswith("tasks"):
            continue
        group, _, change = setting.partition(".")
        name, _, value = change.partition(": ")
        own = {**keys, "decoding": dict(sizes), "inference": quick, "sessions": {}, "regions": {}}
        own[group][name] = int(value) if value.isdigit() else value
        dataset = parse({"datasets": {"drawn": own}}).datasets["drawn"]
        recordings = sources.read("drawn", dataset, tmp_path / "again", 0)
        table = decoding.regions_table(recordings, Study("drawn", dataset, 1))
        n_units = decoding.units_per_draw(dataset, table)
        train, units = [], []
        for region in table["region"].unique():
            members = decoding.build_populations(recordings, Study("drawn", dataset, 1), region)
            decoded = decoding.decode_region(
                members, Study("drawn", dataset, 0), region=region, n_units=n_units
            )
            train += (decoded["n_train"] // 2).values.tolist()
            units += decoded["units_per_draw"].values.tolist()
        assert attained.train == (min(train), max(train)), setting
        assert attained.units == (min(units), max(units)), setting


def test_a_task_alone_trains_with_all_its_trials(examined):
    order = np.where(np.arange(80) < 60, "pro", "retro").astype(object)
    report = examined({"s1": session(order=order)})
    (change,) = (each for each in report.changes if each.setting == "tasks: pro alone")
    assert (report.attained.train, change.attained.train) == ((5, 5), (15, 15))


def test_lists_begin_with_what_limits(examined):
    report = examined(unequal(), decoding=POOLED, regions={"min_units": 2})
    lines = rendering.render([report], "mine.yaml").splitlines()
    trials = lines.index("Trials per session, task and label")
    assert [line.split()[0] for line in lines[trials + 2 : trials + 5]] == ["few", "small", "many"]
    units = lines.index("Units per region and populations decoded")
    assert [line.split()[0] for line in lines[units + 2 : units + 4]] == ["FEF", "V4"]


def test_sessions_left_out_by_min_trials_are_named(examined):
    report = examined(unequal(), sessions={"min_trials": 10})
    assert report.left_out == [
        "session few: 6 trials of task pro, class left; sessions.min_trials asks for 10."
    ]
    assert report.attained.sessions == 2


def test_changes_are_not_tried_where_that_would_take_minutes(examined, monkeypatch):
    monkeypatch.setattr(limits, "_MOST_POPULATIONS", 5)
    report = examined(unequal(), decoding=POOLED)
    assert report.attained is not None
    assert report.changes == []


# --- what stops a run --------------------------------------------------------------------------

BLOCK = {"splits": "blocks", "block": "block"}
FEW_BLOCKS = {"s1": session(block=np.arange(80) // 40)}
SIDES = {"upper": "side", "lower": "side"}
PROBLEMS = {
    "session_swap with three sessions": (
        {"s1": session(), "s2": session(seed=1), "s3": session(seed=2)},
        {"inference": {"null_model": "session_swap"}},
        "session_swap gives only 1 label sets",
    ),
    "session_swap with one": (
        None,
        {"inference": {"null_model": "session_swap"}},
        "session_swap needs 2 or more sessions",
    ),
    "pseudosession with two runs": (
        {"s1": session(side=np.where(np.arange(80) < 40, "left", "right").astype(object))},
        {"inference": {"null_model": "pseudosession"}},
        "pseudosession gives only 1 label sets for task 'pro'; alpha 0.05 needs 21",
    ),
    "within what leaves one trial each": (
        {"s1": session(contrast=np.arange(80))},
        {"inference": {"permute_within": ["contrast"]}},
        "shuffle gives only 1 label sets",
    ),
    "within a column that is not there": (
        None,
        {"inference": {"permute_within": ["contrast"]}},
        "inference.permute_within: no trial column 'contrast'",
    ),
    "blocks that do not fill the folds": (
        FEW_BLOCKS,
        {"decoding": {**BLOCK, "folds": 4}},
        "the blocks of session 's1' cannot be assigned to 4 folds",
    ),
    "no block column": (None, {"decoding": BLOCK}, "decoding.block: no trial column 'block'"),
    "no confound column": (None, {"confounds": ["rt"]}, "confounds: no trial column 'rt'"),
    "no column to balance": (None, {"balance": ["rt"]}, "balance: no trial column 'rt'"),
    "no colour column": (
        None,
        {"colors": {"items": {"upper": "cue", "lower": "hue"}}},
        "colors.items.lower: no trial column 'hue'",
    ),
    "colours that are text": (None, {"colors": {"items": SIDES}}, "must contain numbers (rad)"),
    "a region that is too long for a file": (
        {"s1": session(regions=["é" * 60] * 6)},
        {},
        "has 60 characters, which make a file name of",
    ),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_what_a_run_would_refuse_is_a_problem(examined, case):
    made, keys, expected = PROBLEMS[case]
    report = examined(made, **keys)
    assert [expected in str(problem) for problem in report.problems] == [True]
    said = rendering.render([report], "mine.yaml")
    assert "1 problem in mine.yaml" in said
    assert max(map(len, said.splitlines())) <= 100


# --- what a run completes with -----------------------------------------------------------------

SIDE = session().trials["side"].to_numpy()
FLIPPED = np.where(SIDE == "left", "right", "left").astype(object), SIDE
"""The other side, and the side."""
NO_LABEL = np.where(np.arange(80) % 10 == 9, "", np.where(np.arange(80) % 2, "left", "right"))


def silent_from(seconds: float) -> formats.Session:
    """Return a session whose file is cut so many seconds after each event."""
    planted = session()
    return planted.with_spikes(lambda times: times[(times - 5) % 2 < seconds])


CAUTIONS = {
    "one task": (
        None,
        {"tasks": {"pro": {"trials": "order == 'pro'", "align": "cue"}}},
        "there is one task, 'pro': overlaps, verdicts and all geometry that compares tasks",
    ),
    "too few permutations": (
        None,
        {"inference": {"permutations": 19}},
        "19 permutations give p-values of 0.05 and more, so nothing can be significant",
    ),
    "too few bootstraps": (
        None,
        {"inference": {"bootstraps": 20}},
        "20 bootstraps give intervals with a coverage of 90% at most",
    ),
    "a silent unit": (
        {"s1": replace(session(), spike_times=[*session().spike_times[:5], np.array([1.0])])},
        {},
        "1 of 6 units fire no spike in any trial: V4 (1).",
    ),
    "silent bins": (
        {"s1": silent_from(0.3)},
        {},
        "No unit fires on any trial in 1 of 4 bins (0.3 to 0.4 s from the event)",
    ),
    "trials without a label": (
        {"s1": session(side=NO_LABEL.astype(object))},
        {},
        "8 of 80 trials of the tasks have no value in this column",
    ),
    "a constant confound": (
        {"s1": session(contrast=np.ones(80))},
        {"confounds": ["contrast"]},
        "'contrast' (confound decoded, label decoded, regressed out) is left out of "
        "confounds.csv: the confound does not vary.",
    ),
    "a balance that leaves few trials": (
        {"s1": session(sign=np.where(np.arange(80) % 20 < 4, *FLIPPED))},
        {"balance": ["sign"], "decoding": {"folds": 2}},
        "balanced decoding trains on 8 instead of 20 trials of a task (session 's1')",
    ),
    "a balance of many values": (
        {"s1": session(latency=np.random.default_rng(0).random(80))},
        {"balance": ["latency"], "decoding": {"folds": 2}},
        "'latency' has many values and is balanced only to its quantiles",
    ),
    "a balance that is impossible": (
        {"s1": session(copy=session().trials["side"])},
        {"balance": ["copy"], "decoding": {"folds": 2}},
        "'copy' (balanced) is left out of confounds.csv: no value has 2 trials",
    ),
    "colours on too few trials": (
        {"s1": session(hue=np.where(np.arange(80) < 6, 1.0, np.nan))},
        {"colors": {"items": {"upper": "hue", "lower": "hue"}}},
        "colour planes of task 'pro' are left out in all regions: no session has 4 trials",
    ),
}


@pytest.mark.parametrize("case", CAUTIONS)
def test_what_a_run_completes_with_is_a_caution(examined, case):
    made, keys, expected = CAUTIONS[case]
    report = examined(made, **keys)
    assert report.problems == []
    assert [caution for caution in report.cautions if expected in caution.problem], report.cautions
    said = rendering.render([report], "mine.yaml")
    assert said.endswith("No problems in mine.yaml")
    assert expected.split()[0] in said.partition(" not stop a run")[2]
    assert max(map(len, said.splitlines())) <= 100


def test_values_that_cannot_be_balanced_are_named_with_those_that_remain(examined):
    """No trial on the left has the value x in session s2; y and z remain there."""
    cue = np.array(["x", "y", "z"], object)[np.arange(80) // 4 % 3]
    made = {
        "s1": session(sign=cue),
        "s2": session(seed=1, sign=np.where((SIDE == "left") & (cue == "x"), "y", cue)),
    }
    report = examined(made, balance=["sign"], decoding={"folds": 2})
    assert report.problems == []
    expected = (
        "balance 'sign' (balanced), session s2: too few trials of sign x: 0 of task pro, class "
        "left and 0 of task retro, class left; balanced over sign y; sign z."
    )
    assert [each for each in report.left_out if "balance" in each] == [expected]
    assert "balanced over sign y" in rendering.render([report], "mine.yaml").replace("\n    ", " ")


def examined_in(source, folder, made, **keys):
    """Write a session in a format and examine it."""
    settings = parse({"datasets": {"drawn": {**formats.write(source, folder, made), **keys}}})
    (report,) = checking.examine(settings, folder)
    return report


@pytest.mark.parametrize("source", formats.EVERY)
def test_a_region_that_is_silent_on_all_trials_is_reported_by_every_source(source, tmp_path):
    """Its only spike lies before the first trial. All units of V4 fire."""
    made = session(n_units=4, regions=["V4"] * 3 + ["FEF"])
    made = replace(made, spike_times=[*made.spike_times[:3], np.array([1.0])])
    report = examined_in(source, tmp_path, made)
    assert report.problems == []
    said = {each.where: each.problem for each in report.cautions}
    assert said["datasets.drawn.regions"] == (
        "no unit fires on any trial in 1 region: FEF (1 unit)."
    )
    assert said["datasets.drawn"] == "1 of 4 units fire no spike in any trial: FEF (1)."


@pytest.mark.parametrize("source", [each for each in formats.EVERY if each not in formats.APART])
def test_silent_bins_are_reported_once_by_every_source(source, tmp_path):
    """Of six units it is certain that spikes are missing, of three it may be chance."""
    for n_units, where in ((6, ", session planted"), (3, "datasets.drawn.time")):
        made = session(n_units=n_units).with_spikes(lambda times: times[(times - 5) % 2 < 0.3])
        report = examined_in(source, tmp_path / str(n_units), made)
        assert report.problems == []
        (caution,) = (each for each in report.cautions if "fires on any trial" in each.problem)
        assert caution.where.endswith(where)
        assert "0.3 to 0.4 s" in caution.problem


def test_few_trials_are_reported_with_the_poorest_session(examined):
    report = examined(unequal())
    (caution,) = (each for each in report.cautions if each.where.endswith("sessions"))
    assert caution.problem == (
        "1 of 3 sessions with fewer than 10 trials of a task and class; fewest in session 'few': "
        "6 of task 'pro', class 'left'."
    )
    assert caution.remedy.endswith("sessions.min_trials: 10 leaves such sessions out.")
    report = examined(unequal(), sessions={"min_trials": 10})
    assert not [each for each in report.cautions if each.where.endswith("sessions")]


@pytest.mark.parametrize("source", formats.APART)
def test_units_recorded_apart_are_to_be_put_together(source, tmp_path):
    made = session(n_units=3)
    alone = {"population": "simultaneous"}
    report = examined_in(source, tmp_path, made, decoding=alone)
    (caution,) = (each for each in report.cautions if each.where.endswith("population"))
    assert caution.problem.startswith("each of 3 populations has a single unit")
    assert caution.remedy.endswith("set decoding: {population: pseudopopulation}.")
    assert "1 unit in a draw" in " ".join(rendering.render([report], "mine.yaml").split())
    report = examined_in(source, tmp_path / "pooled", made)
    assert not [each for each in report.cautions if each.where.endswith("population")]


def test_a_sound_data_set_has_no_cautions(examined):
    assert examined().cautions == []


def test_without_trials_no_unit_is_called_silent(examined):
    report = examined(label={"left": "side == 'Left'", "right": "side == 'Right'"})
    assert [problem.where for problem in report.problems] == ["datasets.drawn.label"]
    assert not [caution for caution in report.cautions if "fire" in caution.problem]


def test_lost_trials_and_units_are_counted(examined):
    trials = pd.Series(np.where(np.arange(80) < 8, "rest", session().trials["order"]))
    report = examined({"s1": session(order=trials.to_numpy(object), regions=["V4"] * 5 + [""])})
    said = " ".join(rendering.render([report], "mine.yaml").split())
    assert (
        "80 trials in the files: 8 in no task, 0 of a task without a class; 1 unit without" in said
    )


# --- networks and the comparison ---------------------------------------------------------------

NETWORKS = {
    "datasets": {
        "brain": {
            "source": "simulation",
            "label": "selected",
            "tasks": {
                "pro": {"trials": "trial_type == 'pro'", "align": "cue_onset"},
                "retro": {"trials": "trial_type == 'retro'", "align": "cue_onset"},
            },
            "time": {"start": 0.0, "stop": 0.4, "bin": 0.1},
            "windows": {"late": [0.2, 0.4]},
            "decoding": POOLED,
            "simulation": {"sessions": 2, "cycles": 1, "regions": {"V4": {"units": 8}}},
        }
    },
    "networks": {"small": {"family": "seq2seq", "seeds": 1, "hidden": 4, "test_trials": 40}},
    "comparison": {"dataset": "brain"},
}


def with_networks(brain=None, **analysis):
    own = {k: NETWORKS["datasets"]["brain"][k] for k in ("label", "tasks", "time", "windows")}
    datasets = {"brain": {**NETWORKS["datasets"]["brain"], **(brain or {})}}
    return parse({**NETWORKS, "datasets": datasets, "network_analysis": {**own, **analysis}})


COMPARISONS = {
    "bins outside the trials": (
        None,
        {"time": {"start": 0.0, "stop": 9.0, "bin": 0.1}},
        "network_analysis.time: [0, 9] s around the events extends beyond",
    ),
    "bins beside the steps": (
        None,
        {"time": {"start": 0.0, "stop": 0.4, "bin": 0.04}},
        "do not align with the networks' steps",
    ),
    "other classes": (
        None,
        {"label": {"one": "selected == 'upper'", "two": "selected == 'lower'"}},
        "its conditions are not those of the first region",
    ),
    "one unit": (
        {"decoding": {**POOLED, "units": 1}},
        {},
        "its populations are decoded with 1 unit; allowed: 2 or more",
    ),
}


@pytest.mark.parametrize("case", COMPARISONS)
def test_networks_that_cannot_be_analysed_or_compared_are_a_problem(case, tmp_path):
    brain, analysis, expected = COMPARISONS[case]
    reports = checking.examine(with_networks(brain, **analysis), tmp_path)
    problems = [str(problem) for report in reports for problem in report.problems]
    assert [expected in problem for problem in problems] == [True], problems


def test_networks_that_can_be_compared_have_no_problem(tmp_path):
    (report,) = checking.examine(with_networks(), tmp_path)
    assert report.name == "brain"
    assert report.problems == []

"""`neuro_attn.cross_task`: verdicts on planted codes, shapes, messages and figures."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import neuro_attn
from neuro_attn.arrays.recordings import bins_of
from neuro_attn.errors import InputError
from neuro_attn.results import columns_of

LABEL = np.tile(["left", "right"], 40)
TASK = np.repeat(["remember", "attend"], 40)
FAST = {"permutations": 19, "inference": {"bootstraps": 20}, "decoding": {"draws": 1}}


def rates_with(remember, attend, *, n_times=None, seed=0):
    """Rates of 12 units, with the axes of the two codes; of a strength that is never missed."""
    rng = np.random.default_rng(seed)
    axes = np.where((TASK == "remember")[:, None], remember, attend)
    signs = np.where(LABEL == "left", 1.0, -1.0)
    mean = signs[:, None] * axes
    if n_times is None:
        return mean + rng.normal(size=mean.shape)
    return mean[:, :, None] + rng.normal(size=(*mean.shape, n_times))


ONE, OTHER = 1.5 * np.repeat([1.0, 0.0], 6), 1.5 * np.repeat([0.0, 1.0], 6)


def cross_task(rates, label=LABEL, task=TASK, **arguments):
    return neuro_attn.cross_task(rates, label, task, **{**FAST, **arguments})


# Of 2,000 seeds all gave these verdicts.
@pytest.mark.parametrize(("attend", "verdict"), [(ONE, "shared"), (-ONE, "reversed")])
def test_planted_codes_get_their_verdict(attend, verdict):
    found = cross_task(rates_with(ONE, attend))
    assert found.verdicts["verdict"].tolist() == [verdict]
    where = "all units, remember and attend, all"
    assert repr(found) == f"{where}: {verdict} in these 12 units (1 session)"


def test_unrelated_codes_are_not_called_shared():
    # Of 2,000 seeds none was.
    assert "shared" not in set(cross_task(rates_with(ONE, OTHER)).verdicts["verdict"])


def test_the_tables_have_the_columns_of_the_files():
    found = cross_task(rates_with(ONE, ONE, n_times=4), times=[0.05, 0.15, 0.25, 0.35])
    counts = ("unit_counts", "trial_counts", "regions")
    of_classes = ("summary", "confusion", "information")
    for table in ("verdicts", "overlap", "overlap_sessions", "onsets", *of_classes, *counts):
        assert list(getattr(found, table).columns) == columns_of(table), table
    assert list(found.over_time.columns) == columns_of("transfer")


def test_regions_are_analysed_apart_and_sessions_together():
    rates = [rates_with(ONE + OTHER, ONE - OTHER, seed=seed) for seed in range(6)]
    region = np.repeat(["V4", "LPFC"], 6)
    found = cross_task(
        rates,
        [LABEL] * 6,
        [TASK] * 6,
        region=[region] * 6,
        session=list("abcdef"),
        subject=["one", "two"] * 3,
    )
    verdicts = found.verdicts.set_index("region")
    assert verdicts["level"].tolist() == ["the region"] * 2
    assert verdicts["verdict"].to_dict() == {"V4": "shared", "LPFC": "reversed"}
    assert verdicts["n_subjects"].tolist() == [2, 2]
    assert set(found.overlap_sessions["session"]) == set("abcdef")


def test_times_and_windows_choose_the_bins():
    # The code is shared in the second half only; in the first, it is absent, and three tests at
    # alpha and an interval above 0.5 would have to agree by chance.
    times = 0.1 * np.arange(8) - 0.35
    rates = rates_with(ONE, ONE, n_times=8)
    rates[..., :4] = rates_with(0 * ONE, 0 * ONE, n_times=4, seed=1)
    windows = {"early": (-0.4, 0.0), "late": (0.0, 0.4)}
    found = cross_task(rates, times=times, windows=windows)
    assert found.over_time["time"].unique() == pytest.approx(times)
    verdicts = found.verdicts.set_index("window")["verdict"]
    assert verdicts["late"] == "shared"
    assert verdicts["early"] != "shared"


def test_trials_without_a_label_or_task_are_left_out():
    label, task = LABEL.astype(object), TASK.astype(object)
    label[0], task[1] = np.nan, None
    rates = rates_with(ONE, ONE)
    found = cross_task(rates, label, task)
    kept = np.arange(2, len(LABEL))
    same = cross_task(rates[kept], LABEL[kept], TASK[kept])
    pd.testing.assert_frame_equal(found.overlap, same.overlap)


def test_tasks_choose_the_tasks_and_their_order():
    task = TASK.copy()
    task[:8] = "rest"
    found = cross_task(rates_with(ONE, ONE), task=task, tasks=["attend", "remember"])
    row = found.verdicts.iloc[0]
    assert (row["first_task"], row["second_task"]) == ("attend", "remember")
    assert set(found.summary["train_task"]) == {"attend", "remember"}


def test_tasks_that_are_only_tested_change_no_verdict():
    task = TASK.copy()
    task[:8] = "errors"
    found = cross_task(rates_with(ONE, ONE), task=task, test_only=["errors"])
    alone = cross_task(rates_with(ONE, ONE), task=task, tasks=["remember", "attend"])
    pd.testing.assert_frame_equal(found.verdicts, alone.verdicts)
    assert set(found.summary["test_task"]) == {"remember", "attend", "errors"}
    assert set(found.summary["train_task"]) == {"remember", "attend"}
    pairs = found.accuracy_differences[["first_task", "second_task"]].drop_duplicates()
    assert pairs.to_numpy().tolist() == [["remember", "errors"], ["attend", "errors"]]


def test_other_pairs_are_related_to_the_reference_tasks():
    """The look of a cue, in other units than the code, differs between the reference tasks."""
    rng = np.random.default_rng(0)
    axes = {"pro": (1, 1, 0), "retro_1": (1, 1, 0), "retro_2": (1, 0, 1)}
    task, label = np.repeat(list(axes), 60), np.tile(["left", "right"], 90)
    mean = np.array([2 * np.repeat(axes[each], 4) for each in task])
    rates = np.where(label == "left", 1, -1)[:, None] * mean + rng.normal(size=(180, 12))
    found = cross_task(rates, label, task, reference_tasks=["retro_1", "retro_2"]).verdicts
    rows = found.set_index(["first_task", "second_task"])
    row, reference = rows.loc[("pro", "retro_2")], rows.loc[("retro_1", "retro_2")]
    assert (row["reference"], reference["reference"]) == ("retro_1 and retro_2", "")
    assert row["relative_overlap"] == pytest.approx(row["overlap"] / reference["overlap"])
    assert row["relative_low"] < row["relative_overlap"] < row["relative_high"]
    assert "relative to retro_1 and retro_2" in row["conclusion"]


def test_a_table_of_trials_gives_columns_to_the_settings():
    trials = pd.DataFrame({"block": np.repeat(np.arange(8), 10)})
    found = cross_task(
        rates_with(ONE, ONE),
        trials=trials,
        decoding={"splits": "blocks", "block": "block", "draws": 1},
    )
    assert found.settings.decoding.block == "block"
    with pytest.raises(InputError, match="no trial column 'blok'"):
        cross_task(
            rates_with(ONE, ONE),
            trials=trials,
            decoding={"splits": "blocks", "block": "blok", "draws": 1},
        )


def test_progress_is_told_in_lines():
    lines = []
    cross_task(rates_with(ONE, ONE), progress=lines.append)
    assert lines[0].startswith("decoded all units, 1 of 1 regions, ")
    assert lines[-1].startswith("compared the codes of the tasks, ")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": LABEL[:-1]}, "label: 79 values for 80 trials. Give one for each trial."),
        ({"task": TASK[:-1]}, "task: 79 values for 80 trials."),
        ({"region": ["V4"] * 3}, "region: 3 values for 12 units."),
        ({"task": ["attend"] * 80}, "trials of one task: attend."),
        ({"tasks": ["attend", "remembr"]}, "'remembr'. Did you mean remember?"),
        ({"test_only": ["error"]}, "test_only: no trial has the task 'error'."),
        ({"label": ["left"] * 80}, "task 'remember' has trials of one class only, 'left'"),
        ({"times": [0.1, 0.2]}, "rates have no axis of time"),
        ({"decoding": {"fold": 5}}, "decoding.fold: unknown key. Did you mean folds?"),
        ({"inference": {"alpha": 2}}, "inference.alpha: must be a number"),
        ({"permutations": 0}, "inference.permutations: must be"),
        ({"windows": {"late": (0.0, 3.0)}}, r"reaches outside time \[0, 1\]"),
        ({"rates": np.zeros(80)}, r"rates: shape \(80,\). Rates have the shape \(trial, unit\)"),
        ({"rates": np.full((80, 12), "a")}, "rates: <U1, not numbers."),
        ({"rates": np.full((80, 12), np.nan)}, "nan at trial 0, unit '0'"),
        ({"rates": np.zeros((80, 12, 3))}, "the times are missing"),
        ({"rates": np.zeros((80, 12, 3)), "times": [0, 1, 3]}, "bins of 1 to 2 s"),
        ({"rates": np.zeros((80, 12, 3)), "times": [0, 1]}, r"trial, unit, time\), .* 2 times"),
        ({"rates": [np.zeros((80, 12))] * 2}, "label: 80 entries for 2 sessions"),
        ({"trials": pd.DataFrame({"block": [1]})}, "trials: 1 row for 80 trials"),
        ({"units": "spikes/s"}, "negative firing rates"),
    ],
)
def test_a_mistake_gets_one_message(change, message):
    given = {"rates": rates_with(ONE, ONE), **change}
    with pytest.raises(InputError, match=message):
        cross_task(given.pop("rates"), **given)


def test_bins_are_those_of_the_centres():
    assert bins_of(np.arange(-0.475, 1, 0.05), 3) == (-0.5, 1.0, 0.05)
    assert bins_of(None, 2) == (0.0, 1.0, 1.0)


@pytest.fixture(scope="module")
def several():
    return cross_task(
        rates_with(ONE, ONE, n_times=4),
        region=np.repeat(["V4", "LPFC"], 6),
        times=[0.05, 0.15, 0.25, 0.35],
        windows={"early": (0.0, 0.2), "late": (0.2, 0.4)},
    )


@pytest.mark.parametrize(
    "name", ["draw_verdicts", "draw_over_time", "draw_directions", "draw_transfer"]
)
def test_a_figure_is_drawn_whole_or_as_one_panel(several, name):
    assert isinstance(getattr(several, name)(), Figure)
    axes = Figure().subplots()
    assert getattr(several, name)(ax=axes) is axes
    assert axes.has_data()


def test_a_panel_is_the_one_that_is_asked_for(several):
    axes = Figure().subplots()
    several.draw_transfer(region="V4", window="late", ax=axes)
    rows = several.summary
    rows = rows[(rows["region"] == "V4") & (rows["session"] == "all") & (rows["window"] == "late")]
    shown = [text.get_text().rstrip("*") for text in axes.texts]
    assert [float(each) for each in shown] == pytest.approx(rows["accuracy"].tolist(), abs=0.006)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda found, ax: found.draw_verdicts(window="lat", ax=ax), "Did you mean late?"),
        (lambda found, ax: found.draw_verdicts(tasks=("a", "b"), ax=ax), "no pair"),
        (lambda found, ax: found.draw_over_time(region="v4", ax=ax), "Did you mean V4?"),
        (lambda found, ax: found.draw_directions(train_task="rest", ax=ax), "Allowed: remember"),
    ],
)
def test_a_panel_that_does_not_exist_is_refused(several, call, message):
    with pytest.raises(InputError, match=message):
        call(several, Figure().subplots())


def test_a_continuous_label_of_arrays_is_predicted_across_tasks():
    rng = np.random.default_rng(5)
    angle = np.append(rng.uniform(0, 2 * np.pi, 79), np.nan)
    preferred = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    rates = np.nan_to_num(np.cos(angle[:, None] - preferred)) + rng.normal(size=(80, 12)) / 2
    task = np.tile(["remember", "attend"], 40)
    small = {"permutations": 39, "decoding": {"draws": 1}, "inference": {"bootstraps": 20}}
    found = neuro_attn.predict_across_tasks(rates, angle, task, kind="circular", **small)
    rows = found.predictions.query("session == 'all'")
    # 39 test trials: 5 SE of an error of 20 degrees are 12 degrees.
    assert (rows["value"] < 35).all()
    assert (rows["p_value"] == 1 / 40).all()
    assert repr(found).startswith("In all units, label is decoded: circular error ")
    assert found.regions["n_trials"].tolist() == [39]
    with pytest.raises(InputError, match="more than one turn"):
        neuro_attn.predict_across_tasks(rates, 90 * angle, task, kind="circular", **small)
    with pytest.raises(InputError, match="Allowed: circular, linear"):
        neuro_attn.predict_across_tasks(rates, angle, task, kind="angle", **small)
    # Errors name this function, in the arguments that it shares with `cross_task`, too.
    with pytest.raises(InputError, match=r"^predict_across_tasks, session .*, label: 79 values"):
        neuro_attn.predict_across_tasks(rates, angle[:79], task, kind="circular", **small)
    with pytest.raises(InputError, match=r"^predict_across_tasks, datasets.*folds"):
        neuro_attn.predict_across_tasks(rates, angle, task, kind="circular", decoding={"folds": 1})

"""`cross_task` with arrays of any library and shape: the same numbers, or one message."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import xarray as xr

import neuro_attn
from neuro_attn.arrays.values import column_of, numbers_of
from neuro_attn.errors import InputError

LABEL = np.tile(["left", "right"], 24)
TASK = np.repeat(["remember", "attend"], 24)
FAST = {"permutations": 19, "inference": {"bootstraps": 20}, "decoding": {"draws": 1}}
RATES = np.random.default_rng(0).normal(size=(48, 4)) + 2 * (LABEL == "left")[:, None]
OVER_TIME = np.repeat(RATES[:, :, None], 2, axis=2)


def cross_task(rates=RATES, label=LABEL, task=TASK, **arguments):
    return neuro_attn.cross_task(rates, label, task, **{**FAST, **arguments})


@pytest.fixture(scope="module")
def plain():
    return cross_task()


@pytest.mark.parametrize(
    "rates",
    [
        pd.DataFrame(RATES, index=range(5, 53)),
        pd.DataFrame(RATES).astype("Float64"),
        xr.DataArray(RATES),
        np.ma.masked_array(RATES),
        RATES.tolist(),
        tuple(map(tuple, RATES)),
    ],
    ids=["pandas", "nullable", "xarray", "masked", "lists", "tuples"],
)
def test_every_kind_of_array_gives_the_same_rates(rates):
    np.testing.assert_array_equal(numbers_of(rates, "rates"), RATES)


@pytest.mark.parametrize(
    "convert",
    [
        lambda values: pd.Series(values, range(9, 57)),
        lambda values: pd.Series(values, dtype="string"),
        pd.Categorical,
        xr.DataArray,
        lambda values: list(xr.DataArray(values)),
        lambda values: np.ma.masked_array(values),
        lambda values: (each for each in values),
        lambda values: values.astype("S"),
        lambda values: [f"{each} " for each in values],
    ],
    ids=[
        "pandas",
        "string",
        "categorical",
        "xarray",
        "scalars",
        "masked",
        "generator",
        "bytes",
        "padded",
    ],
)
def test_every_kind_of_array_gives_the_same_labels(convert):
    assert column_of(convert(LABEL), "label", 48, "trial") == LABEL.tolist()


def test_labels_of_pandas_and_xarray_go_by_place_not_by_index(plain):
    rates = pd.DataFrame(RATES, index=range(48)[::-1])
    found = cross_task(rates, pd.Series(LABEL, range(9, 57)), xr.DataArray(TASK))
    pd.testing.assert_frame_equal(found.verdicts, plain.verdicts)
    pd.testing.assert_frame_equal(found.summary, plain.summary)


def test_masked_labels_and_tasks_are_missing():
    masked = np.arange(48) < 4
    found = cross_task(label=np.ma.masked_array(LABEL, mask=masked))
    kept = cross_task(RATES[4:], LABEL[4:], TASK[4:])
    pd.testing.assert_frame_equal(found.overlap, kept.overlap)


def test_whole_numbers_keep_their_names_among_missing_ones():
    big = 2**53
    label = [big if each == "left" else big + 1 for each in LABEL]
    task = [int(each == "attend") for each in TASK]
    label[0], task[1] = None, None
    found = cross_task(label=label, task=task, tasks=[0, 1])
    assert set(found.summary["train_task"]) == {"0", "1"}


def test_units_without_a_region_are_left_out():
    regions = [["V4", "V4", "V4", None], ["V4", "V4", "V4", np.nan], ["V4", "V4", "V4", pd.NA]]
    for region in regions:
        found = cross_task(region=region)
        assert found.regions[["region", "n_units"]].values.tolist() == [["V4", 3]]


def test_columns_of_trials_may_have_the_names_of_parts_of_a_recording():
    trials = pd.DataFrame({each: np.arange(48) // 24 for each in ("time", "session", "rates")})
    inference = {"bootstraps": 20, "permute_within": ["session"]}
    assert len(cross_task(trials=trials, inference=inference).verdicts) == 1


def test_truth_values_are_rates():
    found = cross_task(RATES > 0)
    pd.testing.assert_frame_equal(found.summary, cross_task((RATES > 0).astype(int)).summary)


def test_sessions_may_be_an_array_of_objects():
    sessions = np.empty(2, object)
    sessions[:] = [RATES, RATES[:44] + 0.5]
    found = cross_task(sessions, [LABEL, LABEL[:44]], [TASK, TASK[:44]])
    assert found.verdicts["n_sessions"].tolist() == [2]


@pytest.mark.parametrize("scale", [1e-37, 1e29])
def test_rates_of_any_resolved_magnitude_are_decoded_alike(plain, scale):
    found = cross_task(RATES * scale)
    np.testing.assert_allclose(found.summary["accuracy"], plain.summary["accuracy"], atol=0.02)


def test_cautions_about_time_need_an_axis_of_time(capsys):
    cross_task()
    assert "time" not in capsys.readouterr().err
    cross_task(label=np.where(np.arange(48) % 4 == 0, "Left", LABEL), decoding={"folds": 2})
    assert "'Left', 'left' differ only in case" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rates": np.ma.masked_array(RATES, RATES > 3)}, "values are masked. Leave them out"),
        ({"rates": scipy.sparse.csr_matrix(RATES)}, r"sparse array. .* rates.toarray\(\)"),
        ({"rates": RATES.astype(object)}, r"object, not numbers. .* astype\(float\)"),
        ({"rates": RATES + 0j}, "complex128, not numbers"),
        ({"rates": [[1, 2], [3]]}, "Give lists of equal lengths"),
        ({"rates": []}, "rates: an empty list. Give one array"),
        ({"rates": None}, "object, not numbers"),
        ({"rates": RATES * 1e300}, "cannot resolve them. Divide the rates"),
        ({"rates": RATES.astype("f4") * np.float32(1e37)}, "cannot resolve them. Divide"),
        ({"rates": RATES * 1e-300}, "cannot resolve them. Multiply the rates"),
        ({"rates": RATES + 1e7}, "cannot resolve them. Subtract the offset"),
        ({"rates": (10 * RATES).astype(int) + 2**53}, "cannot resolve them. Subtract"),
        ({"rates": [RATES] * 2, "label": [LABEL] * 2, "task": [TASK] * 2}, "the same recording"),
        ({"label": None}, "label: NoneType, not a list or array. Give one value for each trial"),
        ({"label": 3}, "label: int, not a list"),
        ({"label": dict(enumerate(LABEL))}, "label: dict, not a list"),
        ({"label": LABEL[:, None]}, r"label: shape \(48, 1\)"),
        ({"label": [(each,) for each in LABEL]}, "label: several values in one place"),
        ({"task": None}, "task: NoneType, not a list"),
        ({"region": 3}, "region: int, not a list or array. Give one value for each unit"),
        ({"region": [None] * 4}, "region: 4 units without a region. Give names"),
        ({"session": ["a", "b"]}, "session: 2 entries for 1 session"),
        ({"tasks": "remember"}, "tasks: 'remember', not a list. Tasks: remember, attend"),
        ({"tasks": 5}, "tasks: 5, not a list"),
        ({"windows": [(0, 0.1)]}, "windows: .*, not a dictionary"),
        ({"windows": {"late": 0.1}}, "must be two numbers"),
        ({"windows": {"late": None}}, "must be two numbers"),
        ({"decoding": "folds"}, "decoding: 'folds', not a dictionary"),
        ({"decoding": {1: 2}}, "decoding: the name 1 is not text. Quote names"),
        ({"inference": [1]}, "inference: .*, not a dictionary"),
        ({"progress": True}, "progress: True, not a function. Give print"),
        ({"rates": OVER_TIME, "times": ["a", "b"]}, "times: <U1, not numbers"),
        ({"rates": OVER_TIME, "times": [[1], [2, 3]]}, "Give lists of equal lengths"),
        ({"trials": {"a": range(48)}}, "trials: dict, not a table. Give a pandas.DataFrame"),
        ({"trials": pd.DataFrame(np.zeros((48, 2)), columns=["a", "a"])}, "two columns are named"),
        ({"trials": pd.DataFrame({"a": [[1, 2]] * 48})}, "'a' has several values a row"),
        ({"trials": pd.DataFrame({"event_time": ["x"] * 48})}, "contains no times in s but"),
    ],
)
def test_what_is_no_array_gets_one_message(change, message):
    with pytest.raises(InputError, match=message):
        cross_task(**change)


def test_names_that_may_be_of_units_or_sessions_are_refused():
    rng = np.random.default_rng(1)
    rates = [RATES + rng.normal(size=RATES.shape) for _ in range(4)]
    with pytest.raises(InputError, match="4 names for 4 sessions of 4 units each"):
        cross_task(rates, [LABEL] * 4, [TASK] * 4, region=["V4", "V4", "LPFC", "LPFC"])


def test_a_verdict_on_one_unit_is_in_the_singular():
    assert repr(cross_task(RATES[:, :1])).endswith("in this unit (1 session)")

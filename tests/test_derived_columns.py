"""Trial columns are computed over a session by six functions, and nothing else can be called."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as limited
from hypothesis import strategies as st
from scipy import stats

from neuro_attn.behaviour import circular_error
from neuro_attn.derived_columns import derive
from neuro_attn.errors import InputError
from neuro_attn.recording import SpikeSession, from_spikes

RNG = np.random.default_rng(0)
TRIALS = pd.DataFrame(
    {
        "error": np.where(np.arange(40) % 9 == 0, np.nan, RNG.normal(size=40).round(1)),
        "kind": np.where(np.arange(40) % 3, "pro", "retro"),
        "a": RNG.uniform(-9, 9, 40),
        "b": RNG.uniform(0, 7, 40),
    }
)


def column(expression, trials=TRIALS):
    return derive({"made": expression}, trials, "s1")["made"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("abs(error)", TRIALS["error"].abs()),
        ("mean(error)", TRIALS["error"].mean()),
        ("median(error)", np.nanmedian(TRIALS["error"])),
        ("quantile(error, 0.3)", np.nanquantile(TRIALS["error"], 0.3)),
        ("rank(error)", stats.rankdata(TRIALS["error"], nan_policy="omit")),
        ("circular_distance(a, b)", np.abs(circular_error(TRIALS["a"], TRIALS["b"]))),
        (
            "2 * abs(error - mean(error)) + 1",
            2 * (TRIALS["error"] - TRIALS["error"].mean()).abs() + 1,
        ),
    ],
)
def test_functions_are_those_of_numpy_and_scipy(expression, expected):
    np.testing.assert_allclose(column(expression), np.broadcast_to(expected, 40), rtol=1e-12)


@pytest.mark.parametrize(
    "function", ["mean(error", "median(error", "quantile(error, 0.75", "rank(error"]
)
def test_groups_are_sessions_of_their_own(function):
    grouped = column(f"{function}, kind)")
    for _, rows in TRIALS.groupby("kind"):
        alone = column(f"{function})", rows.reset_index(drop=True))
        np.testing.assert_allclose(grouped[rows.index], alone)


def test_columns_are_computed_in_order_and_a_median_split_has_equal_halves():
    columns = {"size": "abs(error)", "accurate": "size <= median(size, kind)"}
    made = derive(columns, TRIALS.dropna(), "s1")
    for _, rows in made.groupby("kind"):
        inaccurate = ~rows["accurate"]
        assert rows.loc[inaccurate, "size"].min() > rows.loc[~inaccurate, "size"].max()
        assert inaccurate.sum() <= len(rows) / 2
    assert not derive(columns, TRIALS, "s1")["accurate"][TRIALS["error"].isna()].any()


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("__import__('os').system('true')", "is not allowed. Functions: abs, mean"),
        ("eval('1')", "is not allowed"),
        ("abs(error).real", "is not allowed"),
        ("abs.__class__", "no trial column 'abs'"),
        ("abs(*error)", "is not allowed"),
        ("abs(x=error)", "is not allowed"),
        ("median(lambda: 1)", "is not allowed"),
        ("medain(error)", "Did you mean median"),
        ("abs(error, kind)", "abs takes 1 argument, not 2."),
        ("circular_distance(a)", "circular_distance takes 2 arguments, not 1."),
        ("mean(kind)", "functions take numbers"),
        ("quantile(error, 2)", "must be a number from 0 to 1"),
        ("quantile(error, a)", "must be a number from 0 to 1"),
        ("abs(['left', 'right'])", "must have one value per trial"),
        ("[1, 2]", "must have one value per trial"),
        ("abs(eror)", "no trial column 'eror'. Did you mean 'error'? Columns: error, kind, a, b."),
        ("abs(" * 90 + "error" + ")" * 90, None),
    ],
)
def test_whatever_is_no_function_of_columns_is_refused(expression, message):
    if message is None:
        assert len(column(expression)) == 40
        return
    with pytest.raises(InputError, match=r"^s1, columns\.made: ") as raised:
        column(expression)
    assert message in str(raised.value)


@pytest.mark.parametrize("name", ["error", "label", "task"])
def test_a_column_replaces_no_other(name):
    with pytest.raises(InputError, match="exists already"):
        derive({name: "abs(error)"}, TRIALS, "s1")


@given(text=st.text(alphabet="abs()median,error+-*. kind'0<[]", max_size=40))
@limited(max_examples=100)
@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_any_text_is_a_column_or_an_input_error(text):
    try:
        made = column(text)
    except InputError:
        return
    assert len(made) == len(TRIALS)


def test_tasks_label_and_recordings_have_the_columns(dataset):
    trials = pd.DataFrame({"trial_id": range(12), "cue": 2.0 * np.arange(1, 13)})
    trials = trials.assign(error=np.arange(12) - 5.5, order="pro", side=["left", "right"] * 6)
    session = SpikeSession(
        "s1",
        [np.arange(0, 30, 0.01)],
        pd.DataFrame({"unit_id": [1], "region": ["V4"]}),
        trials,
        "f",
    )
    made = from_spikes(
        session,
        "small",
        dataset(
            source="nwb",
            files="*.nwb",
            columns={"size": "abs(error)", "accurate": "size < median(size)"},
            tasks={
                "accurate": {"trials": "accurate", "align": "cue"},
                "inaccurate": {"trials": "not accurate", "align": "cue"},
            },
        ),
    )
    size = np.abs(np.arange(12) - 5.5)
    np.testing.assert_allclose(made["size"], size)
    np.testing.assert_array_equal(made["task"] == "accurate", size < 3)


def test_the_name_of_a_column_must_be_one_that_expressions_can_use(dataset):
    with pytest.raises(InputError, match="consists of letters, digits and _"):
        dataset(source="nwb", files="*.nwb", columns={"a column": "abs(error)"})

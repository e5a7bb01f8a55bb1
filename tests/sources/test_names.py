"""Words that other programs use for missing values are names; only an empty text is missing."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn import recording, sources
from neuro_attn.configuration import parse
from neuro_attn.decoding.building import trial_column
from neuro_attn.errors import InputError
from neuro_attn.expressions import evaluate
from neuro_attn.sources.text_tables import read_text_table
from tests import formats

WORDS = ("None", "NA", "null", "n/a", "nan")


def read(source, folder, session, **changes):
    keys = {**formats.write(source, folder, session), **changes}
    dataset = parse({"datasets": {"planted": keys}}).datasets["planted"]
    return sources.read("planted", dataset, folder, 0), list(
        sources.outlines("planted", dataset, folder, 0)
    )


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("source", formats.EVERY)
def test_a_class_and_a_region_may_be_called(word, source, tmp_path):
    session = formats.planted(n_units=4)
    session.trials["side"] = session.trials["side"].replace("left", word)
    session = formats.Session(session.trials, session.spike_times, [word] * 2 + ["V4"] * 2)
    recordings, outlines = read(source, tmp_path, session)
    for made in (*recordings, *outlines):
        assert {*made["label"].values} == {word, "right"}
        assert made.sizes["trial"] == len(session.trials)
        assert made.attrs["n_trials_without_label"] == 0
        assert made.attrs["n_units_without_region"] == 0
    for found in (recordings, outlines):
        regions = [region for made in found for region in made["region"].values]
        assert sorted(regions) == sorted(session.regions)


# Their libraries refuse to write such text.
WITHOUT_NUL = ("nwb", "netcdf")


@pytest.mark.parametrize("where", ["class", "region"])
@pytest.mark.parametrize("source", [each for each in formats.EVERY if each not in WITHOUT_NUL])
def test_text_with_nul_is_refused_by_check_and_run_or_can_be_saved(source, where, tmp_path):
    """A recording with such text could not be saved, which only a run would notice."""
    session = formats.planted(n_units=4)
    if where == "class":
        session.trials["side"] = session.trials["side"].replace("left", "a\0b")
    else:
        session = formats.Session(session.trials, session.spike_times, ["a\0b"] * 4)
    keys = formats.write(source, tmp_path, session)
    dataset = parse({"datasets": {"planted": keys}}).datasets["planted"]
    outlines = list(sources.outlines("planted", dataset, tmp_path, 0))
    refused = [str(each) for each in outlines if isinstance(each, InputError)]
    if refused:
        assert all(r"'a\x00b' contains a NUL character" in each for each in refused)
        with pytest.raises(InputError, match="contains a NUL character"):
            sources.read("planted", dataset, tmp_path, 0)
    else:
        for made in sources.read("planted", dataset, tmp_path, 0):
            recording.save(made, tmp_path / "saved.nc")


def test_a_description_with_nul_is_kept_without_it(dataset):
    trials = pd.DataFrame(
        {"trial_id": [0, 1], "task": ["pro", "retro"], "label": ["a", "b"], "event_time": [0.0, 9]}
    )
    units = pd.DataFrame({"unit_id": ["u"], "region": ["V4"]})
    rates = np.zeros((2, 1, 4))
    settings = dataset(source="nwb", files="*.nwb")
    made = recording.build(rates, trials, units, "small", "s", settings, {"lab": "a\0b"})
    assert made.attrs["lab"] == "ab"


@pytest.mark.parametrize("source", formats.EVERY)
def test_an_empty_class_or_region_is_missing_and_counted(source, tmp_path):
    session = formats.planted(n_units=4)
    if source != "matlab":  # There a trial has its place in the array by its class.
        session.trials.loc[:9, "side"] = ""
    regions = ["V4"] * 4 if source in formats.APART else ["", "V4", "V4", "V4"]
    session = formats.Session(session.trials, session.spike_times, regions)
    recordings, outlines = read(source, tmp_path, session)
    for made in (*recordings, *outlines):
        n_lost = 0 if source == "matlab" else 10
        assert made.attrs["n_trials_in_file"] == 80
        assert made.attrs["n_trials_without_label"] == n_lost
        assert made.sizes["trial"] == 80 - n_lost
        assert made.attrs["n_units_without_region"] == regions.count("")


@pytest.mark.parametrize("source", formats.EVERY)
def test_trials_in_no_task_are_counted(source, tmp_path):
    event = "onset" if source in formats.RASTERS else "cue"
    align = {} if source in formats.RATES else {"align": event}
    tasks = {"pro": {"trials": "order == 'pro'", **align}}
    recordings, _ = read(source, tmp_path, formats.planted(n_units=4), tasks=tasks)
    for made in recordings:
        assert made.attrs["n_trials_without_task"] == 40


def test_a_missing_text_equals_no_word():
    trials = pd.DataFrame({"cue": ["left", None, np.nan, "nan", "None"]})
    for word, expected in (("nan", 3), ("None", 4)):
        found = evaluate(f"cue == '{word}'", trials, "trials.csv")
        assert np.flatnonzero(found).tolist() == [expected]
    assert np.flatnonzero(evaluate("cue == ''", trials, "trials.csv")).tolist() == [1, 2]


def test_whole_numbers_name_the_same_class_in_every_session(tmp_path):
    """A missing number makes floats of a session's column; 1.0 and 1 are one class."""
    session = formats.planted(n_units=4)
    session.trials["choice"] = np.where(session.trials["side"] == "left", -1.0, 1.0)
    session.trials.loc[3, "choice"] = np.nan
    (with_missing,), _ = read("csv", tmp_path / "a", session, label="choice")
    session.trials["choice"] = np.where(session.trials["side"] == "left", -1, 1)
    (without,), _ = read("csv", tmp_path / "b", session, label="choice")
    assert {*with_missing["label"].values} == {*without["label"].values} == {"-1", "1"}
    assert with_missing.attrs["n_trials_without_label"] == 1


# --- tables of text ------------------------------------------------------------------------------


def table(tmp_path, text, **options):
    path = tmp_path / "table.csv"
    path.write_text(text)
    return read_text_table(path, **options)


@pytest.mark.parametrize("word", WORDS)
def test_among_numbers_such_a_word_is_a_missing_number(word, tmp_path):
    found = table(tmp_path, f"reaction_time,cue\n0.3,left\n{word},{word}\n,\n2,right\n")
    np.testing.assert_array_equal(found["reaction_time"], [0.3, np.nan, np.nan, 2])
    assert found["cue"].tolist()[1] == word
    assert found["cue"].isna().tolist() == [False, False, True, False]


@pytest.mark.parametrize("word", ["", *WORDS])
def test_among_truth_values_it_is_a_missing_one(word, tmp_path):
    found = table(tmp_path, f"n,correct\n1,True\n2,{word}\n3,False\n")
    assert found["correct"].tolist() == [True, pd.NA, False]
    for expression, expected in (("correct == True", [0]), ("correct == 0", [2])):
        assert np.flatnonzero(evaluate(expression, found, "trials")).tolist() == expected
    assert table(tmp_path, "n,correct\n1,True\n2,False\n")["correct"].dtype == bool


@given(
    values=st.lists(
        st.one_of(
            st.sampled_from((*WORDS, "", "left", "7", "0.5", "True")),
            st.text("abcNAul/1.", max_size=5),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_no_text_is_lost_or_made_missing(values, tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "table.csv"
    pd.DataFrame({"row": range(len(values)), "name": values}).to_csv(path, index=False)
    found = read_text_table(path)["name"]
    assert len(found) == len(values)
    missing = found.isna().tolist()
    if pd.api.types.is_numeric_dtype(found):
        allowed = {"", *(word.lower() for word in WORDS), "none", "na", "null", "nan"}
        assert all(
            v.strip().lower() in allowed for v, gone in zip(values, missing, strict=True) if gone
        )
    else:
        assert missing == [value == "" for value in values]
        assert found.dropna().tolist() == [value for value in values if value]


# --- names that recordings have themselves -------------------------------------------------------


@pytest.mark.parametrize("source", formats.SPIKES)
@pytest.mark.parametrize("name", ["time", "session", "region", "unit_id", "rates", "trial", "unit"])
def test_trial_columns_may_have_the_names_of_other_parts_of_a_recording(name, source, tmp_path):
    if (source, name) in (("csv", "session"), ("parquet", "session")):
        pytest.skip("session joins the tables")
    session = formats.planted(n_trials=16, n_units=4)
    session.trials[name] = ["first", "second"] * 8
    tasks = {"all": {"trials": f"{name} == 'first'", "align": "cue"}}
    session.trials["side"] = ["left", "left", "right", "right"] * 4
    recordings, outlines = read(source, tmp_path, session, tasks=tasks)
    for made in (*recordings, *outlines):
        recording.save(made, tmp_path / "made.nc")
        again = recording.load(tmp_path / "made.nc")
        assert trial_column(again, name, "within").tolist() == ["first"] * 8
        assert {*again["region"].values} == {"V4"}

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn import sources
from neuro_attn.errors import InputError
from neuro_attn.sources.table import reading as table


def frames() -> dict[str, pd.DataFrame]:
    """Return two sessions of two units, with ids that look like numbers."""
    rng = np.random.default_rng(0)
    number = np.arange(8)
    trials = pd.DataFrame(
        {
            "trial_id": number,
            "order": np.where(number % 2, "retro", "pro"),
            "side": np.where(number // 2 % 2, "right", "left"),
            "cue": 1.0 + number,
            "contrast": np.where(number == 3, np.nan, 0.5),
        }
    )
    units = pd.DataFrame({"unit_id": ["01", "02"], "location": ["FEF", "V4"]})
    spikes = pd.DataFrame(
        {"unit_id": rng.choice(["01", "02"], 400), "time": rng.uniform(0, 10, 400)}
    )
    return {
        name: pd.concat(
            [frame.assign(session=session) for session in ("1", "2")], ignore_index=True
        )
        for name, frame in {"spikes": spikes, "trials": trials, "units": units}.items()
    }


@pytest.fixture(params=["csv", "parquet"])
def suffix(request):
    return request.param


@pytest.fixture
def make(tmp_path, suffix, dataset):
    """Write the tables and return the settings that name them."""

    def make(**changed: pd.DataFrame):
        for name, frame in {**frames(), **changed}.items():
            if suffix == "csv":
                frame.to_csv(tmp_path / f"{name}.csv", index=False)
            else:
                frame.to_parquet(tmp_path / f"{name}.parquet", index=False)
        return dataset(
            source="table", **{name: f"{name}.{suffix}" for name in ("spikes", "trials", "units")}
        )

    return make


def problem(settings, folder: Path) -> str:
    with pytest.raises(InputError) as error:
        table.read(settings, folder)
    return str(error.value)


def test_sessions_are_read_as_they_were_written(make, tmp_path):
    sessions = table.read(make(), tmp_path)
    written = frames()
    assert [session.session for session in sessions] == ["1", "2"]
    for session in sessions:
        assert session.units.to_dict("list") == {"unit_id": ["01", "02"], "region": ["FEF", "V4"]}
        assert session.trials["trial_id"].tolist() == list(range(8))
        assert session.trials["contrast"].isna().tolist() == [False] * 3 + [True] + [False] * 4
        of_session = written["spikes"][written["spikes"]["session"] == session.session]
        for unit, times in zip(["01", "02"], session.spike_times, strict=True):
            expected = np.sort(of_session["time"][of_session["unit_id"] == unit])
            np.testing.assert_allclose(np.sort(times), expected, rtol=1e-12)
        assert set(session.provenance) == {"spikes_sha256", "trials_sha256", "units_sha256"}


def test_recordings_can_be_made_saved_and_named(make, tmp_path):
    settings = make()
    recordings = sources.read("small", settings, tmp_path, 0)
    names = sources.session_names("small", settings, tmp_path)
    assert [made.attrs["session"] for made in recordings] == names == ["1", "2"]


def test_numbers_and_text_are_the_same_names(make, tmp_path):
    spikes = frames()["spikes"].assign(session=lambda t: t["session"].astype(int))
    sessions = table.read(make(spikes=spikes), tmp_path)
    assert all(len(times) for session in sessions for times in session.spike_times)


def test_a_unit_may_be_silent_and_its_region_unknown(make, tmp_path):
    written = frames()
    units = written["units"].assign(location=["FEF", None, "FEF", "V4"])
    spikes = written["spikes"].query("unit_id == '02' or session == '2'")
    session = table.read(make(units=units, spikes=spikes), tmp_path)[0]
    assert session.units["region"].tolist() == ["FEF", ""]
    assert [len(times) > 0 for times in session.spike_times] == [False, True]


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("spikes", "time"),
        ("spikes", "unit_id"),
        ("trials", "session"),
        ("trials", "trial_id"),
    ],
)
def test_a_missing_column_is_answered_with_those_there(make, tmp_path, suffix, name, column):
    frame = frames()[name].drop(columns=column)
    text = problem(make(**{name: frame}), tmp_path)
    columns = ", ".join(frame.columns)
    assert text == f"{tmp_path / name}.{suffix}: no column '{column}'. Columns: {columns}."


def test_a_missing_column_of_regions_names_the_key(make, tmp_path, suffix):
    frame = frames()["units"].rename(columns={"location": "locations"})
    assert problem(make(units=frame), tmp_path) == (
        f"{tmp_path / 'units'}.{suffix}, regions.column: no column 'location'. Did you mean "
        "locations? Columns: unit_id, locations, session. Or give the key region, one for all "
        "units."
    )


@pytest.mark.parametrize("name", ["spikes", "trials", "units"])
def test_an_empty_table_is_named(make, tmp_path, suffix, name):
    text = problem(make(**{name: frames()[name].iloc[:0]}), tmp_path)
    assert text == f"{tmp_path / name}.{suffix}: the table has no rows."


@pytest.mark.parametrize("value", ["soon", "", "inf"])
def test_a_spike_time_that_is_no_number_is_named_with_its_row(make, tmp_path, suffix, value):
    spikes = frames()["spikes"]
    times = spikes["time"].astype(str).to_numpy(dtype=object)
    times[4] = value
    text = problem(make(spikes=spikes.assign(time=times)), tmp_path)
    assert text.startswith(f"{tmp_path / 'spikes'}.{suffix}, time: row 5 contains ")
    assert text.endswith("Spike times are finite numbers, s.")


def test_spikes_of_an_unknown_unit_are_an_error(make, tmp_path, suffix):
    spikes = frames()["spikes"]
    spikes.loc[3, "unit_id"] = "99"
    assert problem(make(spikes=spikes), tmp_path) == (
        f"{tmp_path / 'spikes'}.{suffix}, unit_id: spikes of 1 unit in session '1' without a "
        f"row in {tmp_path / 'units'}.{suffix}: '99'. Add a row with the region of each to the "
        "table of units, or remove their spikes. To leave units out, use units_where."
    )


def test_ids_may_repeat_between_sessions_but_not_within_one(make, tmp_path, suffix):
    trials = frames()["trials"]
    trials.loc[1, "trial_id"] = 0
    assert problem(make(trials=trials), tmp_path) == (
        f"{tmp_path / 'trials'}.{suffix}, trial_id: 0 is used more than once in session '1'."
        " Number the rows of a session, or remove rows that occur twice."
    )
    units = frames()["units"].assign(unit_id="u")
    assert problem(make(units=units), tmp_path) == (
        f"{tmp_path / 'units'}.{suffix}, unit_id: 'u' is used more than once in session '1'."
        " Number the rows of a session, or remove rows that occur twice."
    )


def test_every_session_needs_spikes_trials_and_units(make, tmp_path, suffix):
    for name in ("spikes", "trials", "units"):
        text = problem(make(**{name: frames()[name].query("session == '1'")}), tmp_path)
        assert text == f"{tmp_path / name}.{suffix}, session: session '2' has no {name}."


def test_an_empty_name_is_an_error(make, tmp_path, suffix):
    units = frames()["units"]
    units.loc[2, "unit_id"] = None
    assert problem(make(units=units), tmp_path) == (
        f"{tmp_path / 'units'}.{suffix}, unit_id: row 3 is empty."
    )


def test_a_missing_table_is_named_with_its_key(tmp_path, dataset):
    settings = dataset(source="table", spikes="s.csv", trials="t.csv", units="u.csv")
    for function in (sources.input_files, sources.session_names):
        with pytest.raises(InputError) as error:
            function("small", settings, tmp_path)
        assert str(error.value) == f"datasets.small.spikes: no such file: {tmp_path / 's.csv'}."


def test_other_suffixes_are_answered_with_those_allowed(tmp_path, dataset):
    (tmp_path / "s.xlsx").write_bytes(b"x")
    settings = dataset(source="table", spikes="s.xlsx", trials="s.xlsx", units="s.xlsx")
    assert problem(settings, tmp_path) == (
        f"{tmp_path / 's.xlsx'}: suffix '.xlsx'. Allowed: .csv, .parquet."
    )


@given(content=st.binary(max_size=400), kind=st.sampled_from(["csv", "parquet"]))
@settings(max_examples=60)
def test_any_bytes_are_an_input_error(content, kind, tmp_path_factory, dataset):
    folder = tmp_path_factory.mktemp("table")
    (folder / f"t.{kind}").write_bytes(content)
    named = dict.fromkeys(("spikes", "trials", "units"), f"t.{kind}")
    settings = dataset(source="table", **named)
    for read in (
        lambda: table.read(settings, folder),
        lambda: table.session_names(folder / f"t.{kind}"),
    ):
        with pytest.raises(InputError) as error:
            read()
        assert error.value.where.startswith(str(folder))

"""Blanks, truth values, durations, dates and the form of a table: alike in every source."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from scipy.io import loadmat, savemat

from neuro_attn import sources
from neuro_attn.bytestrings import text_columns
from neuro_attn.configuration import parse
from neuro_attn.errors import InputError
from neuro_attn.onboarding import checking, inspection
from neuro_attn.recording import load, save
from neuro_attn.sources.text_tables import read_text_table
from tests import formats

TABLES = ("csv", "parquet")


def dataset_of(keys):
    return parse({"datasets": {"planted": keys}}).datasets["planted"]


def read(keys, folder):
    dataset = dataset_of(keys)
    return sources.read("planted", dataset, folder, 0), list(
        sources.outlines("planted", dataset, folder, 0)
    )


@pytest.mark.parametrize("source", [each for each in formats.EVERY if each != "matlab"])
def test_blanks_around_names_make_no_other_class_task_or_region(source, tmp_path):
    session = formats.planted(n_trials=24, n_units=3)
    padded = session.trials.copy()
    for name in ("side", "order"):
        padded[name] = [f" {each} " if row % 3 else each for row, each in enumerate(padded[name])]
    session = formats.Session(padded, session.spike_times, ["V4 ", " V4", "V4"])
    for found in read(formats.write(source, tmp_path, session), tmp_path):
        assert {name for made in found for name in made["label"].values} == {"left", "right"}
        assert {name for made in found for name in made["region"].values} == {"V4"}
        assert all(made.sizes["trial"] == 24 for made in found)


@pytest.mark.parametrize("source", ["csv", "parquet", "alf", "phy"])
def test_a_missing_truth_value_changes_no_class_of_its_session(source, tmp_path):
    one, other = formats.planted(n_trials=24, n_units=2), formats.planted(24, 2, seed=1)
    truth = (one.trials["side"] == "left").astype(object)
    one = replace(one, trials=one.trials.assign(side=truth.astype(bool)))
    other = replace(other, trials=other.trials.assign(side=truth.where(truth.index != 3, None)))
    keys = formats.write_several(source, tmp_path, {"one": one, "other": other})
    for found in read(keys, tmp_path):
        for made in found:
            assert {*made["label"].values} == {"False", "True"}
            save(made, tmp_path / "made.nc")
            assert np.isnan(load(tmp_path / "made.nc")["side"].values.astype(float)).sum() == 0
        assert [made.sizes["trial"] for made in found] == [24, 23]


@pytest.mark.parametrize("unit", ["ns", "us", "ms"])
def test_durations_are_read_as_seconds(unit, tmp_path):
    session = formats.planted(n_trials=24, n_units=2)
    keys = formats.write("parquet", tmp_path, session)
    right, _ = read(keys, tmp_path)
    for role, column in (("spikes", "time"), ("trials", "cue")):
        path = tmp_path / keys[role]
        table = pd.read_parquet(path)
        # To a millisecond, so that no unit rounds.
        table[column] = table[column].round(3)
        table.to_parquet(path)
    right, _ = read(keys, tmp_path)
    for role, column in (("spikes", "time"), ("trials", "cue")):
        path = tmp_path / keys[role]
        table = pd.read_parquet(path)
        durations = pd.to_timedelta(table[column], unit="s").dt.round("ms")
        durations = durations.astype(f"timedelta64[{unit}]")
        table.assign(**{column: durations}).to_parquet(path)
    for found in read(keys, tmp_path):
        np.testing.assert_allclose(found[0]["event_time"], right[0]["event_time"])
    np.testing.assert_array_equal(read(keys, tmp_path)[0][0]["rates"], right[0]["rates"])
    inspected = inspection.describe([str(tmp_path / keys[role]) for role in ROLES])
    (cue,) = [each for each in inspected[0]["tables"][0]["columns"] if each["name"] == "cue"]
    assert cue["use"] == "event"


ROLES = ("spikes", "trials", "units")


@pytest.mark.parametrize(("role", "column"), [("spikes", "time"), ("trials", "cue")])
def test_dates_are_no_times(role, column, tmp_path):
    keys = formats.write("parquet", tmp_path, formats.planted(n_trials=24, n_units=2))
    path = tmp_path / keys[role]
    table = pd.read_parquet(path)
    start = pd.Timestamp(datetime(2024, 1, 1, tzinfo=UTC))
    table[column] = start + pd.to_timedelta(table[column], unit="s")
    table.to_parquet(path)
    with pytest.raises(InputError, match=column) as refused:
        sources.read("planted", dataset_of(keys), tmp_path, 0)
    assert "dates" in str(refused.value) or "2024-01-01" in str(refused.value)
    assert "in s" in str(refused.value) or ", s" in str(refused.value)


@pytest.mark.parametrize("role", ROLES)
def test_index_columns_of_parquet_are_columns(role, tmp_path):
    keys = formats.write("parquet", tmp_path, formats.planted(n_trials=24, n_units=2))
    right = [made.sizes for made in read(keys, tmp_path)[0]]
    path = tmp_path / keys[role]
    index = {"spikes": ["session"], "trials": ["session", "trial_id"], "units": "unit_id"}[role]
    pd.read_parquet(path).set_index(index).to_parquet(path)
    for found in read(keys, tmp_path):
        assert [made.sizes for made in found] == right
    (found,) = inspection.describe([str(tmp_path / keys[each]) for each in ROLES])
    assert not found["warnings"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("source", TABLES)
def test_a_table_with_very_many_columns_of_text_gives_no_warning(source, role, tmp_path):
    keys = formats.write(source, tmp_path, formats.planted(n_trials=24, n_units=2))
    path = tmp_path / keys[role]
    table = pd.read_csv(path, dtype=str) if source == "csv" else pd.read_parquet(path)
    more = pd.DataFrame({f"note {n}": ["a b"] * len(table) for n in range(150)})
    wide = pd.concat([table, more], axis=1)
    if source == "csv":
        wide.to_csv(path, index=False)
    else:
        wide.to_parquet(path, index=False)
    read(keys, tmp_path)
    inspection.describe([str(path)])


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("role", ROLES)
def test_another_separator_is_named_by_every_command(role, separator, tmp_path):
    keys = formats.write("csv", tmp_path, formats.planted(n_trials=24, n_units=2))
    path = tmp_path / keys[role]
    pd.read_csv(path).to_csv(path, index=False, sep=separator, decimal=",")
    name = {";": "semicolons", "\t": "tabs"}[separator]
    expected = rf"{keys[role]}: columns are separated by {name}, not by commas. .*decimal point"
    with pytest.raises(InputError, match=expected):
        sources.read("planted", dataset_of(keys), tmp_path, 0)
    with pytest.raises(InputError, match=expected):
        list(sources.outlines("planted", dataset_of(keys), tmp_path, 0))
    with pytest.raises(InputError, match=expected):
        inspection.describe([str(tmp_path / keys[each]) for each in ROLES])


TEXT_FILES = [
    *(("csv", f"{role}.csv") for role in ROLES),
    ("phy", "trials.csv"),
    ("phy", "cluster_info.tsv"),
    ("alf", "clusters.metrics.csv"),
    ("raster csv", "unit0.csv"),
    ("binned csv", "planted_100bins_50sampled.csv"),
]
"""Every text table that a source reads."""


def with_text(source, name, folder):
    """Write a session, its tables as text; return the keys and the path of the text table."""
    session = formats.planted(n_trials=24, n_units=3)
    keys = formats.write(source, folder, session)
    if source == "alf":
        (parquet,) = folder.rglob("clusters.metrics.pqt")
        pd.read_parquet(parquet).to_csv(parquet.with_suffix(".csv"), index=False)
        parquet.unlink()
    (path,) = folder.rglob(name)
    return keys, path


def refused_alike(keys, folder):
    """Return the message of a run, which is that of `check` and of `inspect`."""
    config = parse({"datasets": {"planted": keys}})
    with pytest.raises(InputError) as of_run:
        sources.read("planted", config.datasets["planted"], folder, 0)
    (report,) = checking.examine(config, folder)
    assert str(of_run.value) in map(str, report.problems)
    names = [keys[role] for role in ROLES] if keys["source"] == "table" else None
    paths = [folder / each for each in names] if names else sorted(folder.iterdir())
    with pytest.raises(InputError) as of_inspect:
        inspection.describe(list(map(str, paths)))
    assert str(of_inspect.value) == str(of_run.value)
    return of_run.value


@pytest.mark.parametrize(("source", "name"), TEXT_FILES)
def test_text_in_utf_16_is_named_as_such(source, name, tmp_path):
    keys, path = with_text(source, name, tmp_path)
    path.write_text(path.read_text(), encoding="utf-16")
    error = refused_alike(keys, tmp_path)
    assert error.where == str(path)
    assert error.problem == "is text in UTF-16, not in UTF-8."
    assert error.remedy == "Save it as CSV in UTF-8; in Excel, the type is CSV UTF-8."


@pytest.mark.parametrize(("source", "name"), TEXT_FILES)
def test_a_row_with_more_fields_than_columns_is_named(source, name, tmp_path):
    keys, path = with_text(source, name, tmp_path)
    lines = path.read_text().splitlines()
    separator = "\t" if path.suffix == ".tsv" else ","
    n = lines[0].count(separator) + 1
    lines[3] += f"{separator}a comment"
    path.write_text("\n".join([*lines, ""]))
    error = refused_alike(keys, tmp_path)
    assert error.where == f"{path}, line 4"
    assert error.problem == f"has {n + 1} fields; the first line names {n} columns."
    assert error.remedy.startswith(f"Put text that contains {'tabs' * (separator == chr(9))}")


def test_a_column_name_that_is_there_twice_is_refused(tmp_path):
    path = tmp_path / "trials.csv"
    path.write_text("cue,side, cue,,\n1,left,2,,\n")
    with pytest.raises(InputError, match=r"trials.csv, cue: 2 columns have this name"):
        read_text_table(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_blanks_after_separators_line_ends_and_byte_order_marks_change_nothing(
    line_end, encoding, tmp_path
):
    path = tmp_path / "trials.csv"
    lines = ("cue, side , n", '1.5, "left" ,1', "2.5,  right, NA", "")
    path.write_bytes(line_end.join(lines).encode(encoding))
    found = read_text_table(path)
    assert found["side"].tolist() == ["left", "right"]
    assert found["cue"].tolist() == [1.5, 2.5]
    np.testing.assert_array_equal(found["n"], [1, np.nan])
    assert list(found) == ["cue", "side", "n"]


@pytest.mark.parametrize("text", ["", "\n\n", "  \n"])
def test_a_table_without_names_of_columns_is_refused_with_a_remedy(text, tmp_path):
    path = tmp_path / "trials.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=r"the first line is empty. It names the columns"):
        read_text_table(path)


def test_a_session_without_trials_does_not_stop_check(tmp_path):
    session = formats.planted(n_trials=24, n_units=2)
    session = replace(session, trials=session.trials[:0])
    keys = formats.write("netcdf", tmp_path, session)
    config = parse({"datasets": {"planted": keys}})
    (report,) = checking.examine(config, tmp_path)
    assert "has no trials" in " ".join(map(str, report.problems))


def test_complex_numbers_are_not_read_as_their_real_parts(tmp_path):
    table = pd.DataFrame({"phase": np.array([1 + 2j, 3 - 1j])})
    (phase,) = text_columns(table, "trials.nc").to_numpy().T
    assert phase.tolist() == ["(1+2j)", "(3-1j)"]
    keys = formats.write("matlab", tmp_path, formats.planted(n_trials=24, n_units=2))
    (path,) = tmp_path.glob("*.mat")
    arrays = {name: each for name, each in loadmat(path).items() if not name.startswith("__")}
    savemat(path, {**arrays, "rates": arrays["rates"] + 1j})
    with pytest.raises(InputError, match="complex numbers"):
        read(keys, tmp_path)

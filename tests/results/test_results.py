"""Tables come back from their files as they were, whatever the values look like."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn.errors import InputError
from neuro_attn.results import TABLES, Column, files, read_csv, table_of, write_csv

texts = st.sampled_from(
    [
        "NA",
        "nan",
        "None",
        "null",
        "011",
        "1e5",
        "True",
        "",
        "a,b",
        'say "x"',
        "µ",
        " x",
        "two\nlines",
    ]
)
VALUES = {
    "text": texts,
    "number": st.none() | st.floats(-1e6, 1e6).map(lambda x: float(f"{x:.9g}")),
    "count": st.integers(0, 10**9),
    "truth": st.booleans(),
}


def values_of(column: Column) -> st.SearchStrategy:
    return st.none() | VALUES["truth"] if column.optional else VALUES[column.kind]


def frame_of(table: str, rows: list[tuple]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=TABLES[table].names, dtype=object)
    return frame.astype({column.name: column.dtype for column in TABLES[table].columns})


def file_of(table: str) -> str:
    """Return a path that a table could have."""
    return TABLES[table].files[0].replace("{n}", "3").replace("{dataset}", "mine")


@settings(max_examples=10)
@pytest.mark.parametrize("table", TABLES)
@given(data=st.data())
def test_every_table_comes_back_as_it_was(tmp_path_factory, table, data):
    columns = TABLES[table].columns
    rows = data.draw(st.lists(st.tuples(*map(values_of, columns)), max_size=4))
    frame = frame_of(table, rows)
    path = tmp_path_factory.mktemp("results") / file_of(table)
    write_csv(frame, path)
    back = read_csv(path)
    pd.testing.assert_frame_equal(back, frame)
    first = path.read_bytes()
    write_csv(back, path)
    assert path.read_bytes() == first


@pytest.mark.parametrize("table", TABLES)
def test_numbers_that_are_all_missing_are_numbers_and_empty_tables_have_their_types(
    tmp_path, table
):
    path = tmp_path / file_of(table)
    missing = [
        {"text": "", "number": np.nan, "count": 0, "truth": True}[column.kind]
        for column in TABLES[table].columns
    ]
    for rows in ([], [missing, missing]):
        write_csv(pd.DataFrame(rows, columns=TABLES[table].names), path)
        back = read_csv(path)
        expected = {column.name: column.dtype for column in TABLES[table].columns}
        assert back.dtypes.map(str).to_dict() == expected


def summary() -> pd.DataFrame:
    row = [{"text": "V4", "number": 0.5, "count": 3}[c.kind] for c in TABLES["summary"].columns]
    return pd.DataFrame([row], columns=TABLES["summary"].names)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda t: t.assign(extra=1), "extra: not specified"),
        (lambda t: t.drop(columns="p_value"), "p_value: missing"),
        (lambda t: pd.concat([t, t[["region"]]], axis=1), "region: twice"),
        (lambda t: t.assign(region=3), r"summary\.region: .* text cannot contain 3"),
        (lambda t: t.assign(region=None), r"summary\.region: .* text cannot contain"),
        (
            lambda t: t.assign(accuracy="high"),
            r"summary\.accuracy: .* number cannot contain 'high'",
        ),
        (lambda t: t.assign(n_units=2.5), r"summary\.n_units: .* count cannot contain 2\.5"),
        (lambda t: t.assign(n_units=np.nan), r"summary\.n_units: .* count cannot contain nan"),
    ],
)
def test_a_table_that_is_not_the_one_specified_is_not_written(tmp_path, change, told):
    with pytest.raises(ValueError, match=told):
        write_csv(change(summary()), tmp_path / "summary.csv")
    assert list(tmp_path.iterdir()) == []


def test_columns_are_written_in_the_order_of_the_specification(tmp_path):
    write_csv(summary()[sorted(summary().columns)], tmp_path / "summary.csv")
    assert read_csv(tmp_path / "summary.csv").columns.tolist() == TABLES["summary"].names


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("results/mine/summary.csv", "summary"),
        ("summary.csv", "summary"),
        ("results/networks/report_error.csv", "report_error"),
        ("results/networks/tiny/seed0/report_error.csv", "reports"),
        ("results/networks/tiny/seed12/report_error_untrained.csv", "reports"),
        ("results/networks/networks/seed0/training.csv", "training"),
        ("results/networks/list_recall/seq2seq/seed0/list_recall.csv", "list_recall"),
        ("results/comparison/signatures_left_out.csv", "signatures_left_out"),
    ],
)
def test_a_table_is_known_by_its_file(path, table):
    assert table_of(path).name == table


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("my.csv", "is none of the tables of results: regions, sessions"),
        ("elsewhere/report_error.csv", "could be several of .*: reports, report_error"),
    ],
)
def test_a_file_that_could_be_any_table_is_told_to_be_named(tmp_path, path, told):
    with pytest.raises(InputError, match=told):
        read_csv(tmp_path / path)
    write_csv(summary(), tmp_path / "my.csv", "summary")
    assert len(read_csv(tmp_path / "my.csv", "summary")) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [("region,session\nV4,all\n", "n_units, n_trials, limiting_session, .*: missing"), ("", "")],
)
def test_a_file_of_another_version_is_one_message_with_a_remedy(tmp_path, text, told):
    path = tmp_path / "regions.csv"
    path.write_text(text)
    with pytest.raises(
        InputError, match=rf"regions\.csv: is not the table regions .*{told}.*Delete"
    ):
        read_csv(path)


def test_the_same_table_is_the_same_bytes(tmp_path):
    table = pd.DataFrame(
        {
            "region": ["V4", "NA"],
            "session": "all",
            "n_units": [1, 2],
            "n_trials": [3, 4],
            "limiting_session": ["a", "b"],
            "limiting_task": "pro",
            "limiting_class": "left",
        }
    )
    for name in ("one/regions.csv", "two/regions.csv"):
        write_csv(table, tmp_path / name)
        expected = (
            b"region,session,n_units,n_trials,limiting_session,limiting_task,limiting_class\n"
            b"V4,all,1,3,a,pro,left\nNA,all,2,4,b,pro,left\n"
        )
        assert (tmp_path / name).read_bytes() == expected


def test_a_table_that_spreadsheets_cut_is_also_written_as_parquet(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "SPREADSHEET_ROWS", 2)
    columns = TABLES["sessions_left_out"].columns
    rows = [tuple("=1+1" if c.kind == "text" else 1 for c in columns)] * 3
    path = tmp_path / "results/mine/sessions_left_out.csv"
    write_csv(frame_of("sessions_left_out", rows[:2]), path)
    assert not path.with_suffix(".parquet").exists()
    table = frame_of("sessions_left_out", rows)
    write_csv(table, path)
    pd.testing.assert_frame_equal(pd.read_parquet(path.with_suffix(".parquet")), table)
    pd.testing.assert_frame_equal(read_csv(path), table)


def test_every_column_says_what_it_means_once():
    for table in TABLES.values():
        assert len(set(table.names)) == len(table.names)
        assert table.meaning
        assert table.meaning.endswith(".")
        assert all(column.meaning for column in table.columns)

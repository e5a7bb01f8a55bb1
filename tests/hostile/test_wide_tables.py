"""Tables of very many columns are summarised by the first of them."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.io

from neuro_attn.errors import InputError
from neuro_attn.onboarding import inspection
from neuro_attn.sources.nwb import contents as onboarding_nwb
from neuro_attn.sources.nwb import files as nwb_files
from neuro_attn.sources.nwb import tables as nwb_tables
from neuro_attn.sources.wide_tables import FIRST_COLUMNS
from tests import formats

COLUMNS = 200_000
OBJECTS, MANY = 6_000, 2_000
"""Arrays or columns of other files, which take longer to write than to inspect."""


def names(n: int) -> list[str]:
    return ["session", "trial_id", "cue", *(f"x{number}" for number in range(n - 3))]


def csv(folder: Path) -> Path:
    path = folder / "trials.csv"
    rows = [",".join(["a", str(row), "0.5", *["1"] * (COLUMNS - 3)]) for row in range(3)]
    path.write_text("\n".join([",".join(names(COLUMNS)), *rows, ""]))
    return path


def parquet(folder: Path) -> Path:
    path = folder / "trials.parquet"
    session, numbers = pa.array(["a"] * 3), pa.array([0, 1, 2])
    columns = {name: session if name == "session" else numbers for name in names(OBJECTS)}
    pq.write_table(pa.table(columns), path, write_statistics=False)
    return path


def nwb(folder: Path) -> Path:
    formats.write("nwb", folder, formats.planted())
    path = folder / "planted.nwb"
    with h5py.File(path, "r+", libver="latest") as file:
        trials = file["intervals/trials"]
        n = len(trials["id"])
        for number in range(OBJECTS - len(trials)):
            trials.create_dataset(f"x{number}", (n,), "i1")
    return path


def matlab(folder: Path) -> Path:
    path = folder / "a.mat"
    scipy.io.savemat(path, {f"x{number}": np.ones(3) for number in range(OBJECTS)})
    return path


def matlab_73(folder: Path) -> Path:
    path = folder / "a.mat"
    with h5py.File(path, "w", libver="latest") as file:
        for number in range(OBJECTS):
            file.create_dataset(f"x{number}", (3,), "f8").attrs["MATLAB_class"] = np.bytes_(
                "double"
            )
    return path


WIDE: dict[str, tuple[Callable[[Path], Path], int]] = {
    # Columns that join tables, or that a reader needs, are read besides the first ones.
    "CSV": (csv, COLUMNS - FIRST_COLUMNS - 2),
    "Parquet": (parquet, OBJECTS - FIRST_COLUMNS - 2),
    "MATLAB 5": (matlab, OBJECTS - FIRST_COLUMNS),
    "MATLAB 7.3": (matlab_73, OBJECTS - FIRST_COLUMNS),
}


@pytest.mark.parametrize("kind", WIDE)
def test_the_first_columns_are_shown_and_the_others_counted(tmp_path, kind):
    write, n_more = WIDE[kind]
    told = inspection.render(inspection.describe([str(write(tmp_path))]))
    assert f"{n_more:,} more" in told
    assert " x1 " in told or "'x1'" in told
    assert "x5000" not in told
    assert len(told.splitlines()) < 100


def test_trial_columns_of_nwb_are_counted_without_being_read(tmp_path):
    path = nwb(tmp_path)
    (found,) = inspection.describe([str(path)])
    (table,) = found["tables"]
    assert table["n_more_columns"] > OBJECTS - 2 * FIRST_COLUMNS
    assert {"start_time", "cue", "side"} <= {column["name"] for column in table["columns"]}
    assert f"... and {table['n_more_columns']:,} more" in inspection.render([found])


def test_a_recording_of_very_many_variables_is_refused_with_the_first_of_them(tmp_path):
    path = tmp_path / "a.nc"
    with h5py.File(path, "w", libver="latest") as file:
        for number in range(OBJECTS):
            file.create_dataset(f"x{number}", (3,), "i1")
    with pytest.raises(InputError, match=r"has 6,000 variables: x0, x1, .* and 5,960 more"):
        inspection.describe([str(path)])


@pytest.mark.parametrize("table", ["intervals/trials", "units", "acquisition", "processing/x"])
def test_of_very_many_data_sets_of_nwb_only_the_first_are_opened_to_be_shown(
    tmp_path, monkeypatch, table
):
    """Reading what each of 200,000 data sets holds would take minutes; their names take seconds."""
    formats.write("nwb", tmp_path, formats.planted(n_trials=8, n_units=2))
    path = tmp_path / "planted.nwb"
    with h5py.File(path, "r+", libver="latest") as file:
        for number in range(MANY):
            file.require_group(table).create_dataset(f"x{number}", (8,), "i1")
    opened = []
    read = nwb_files.part

    def counted(array, selection):
        opened.append(array.name)
        return read(array, selection)

    for module in (nwb_files, nwb_tables, onboarding_nwb):
        monkeypatch.setattr(module, "part", counted)
    told = inspection.render(inspection.describe([str(path)]))
    assert len(told.splitlines()) < 100
    assert len(opened) < 4 * FIRST_COLUMNS

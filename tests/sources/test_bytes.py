"""Text that files hold as bytes is text in every source, for every command."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5netcdf
import h5py
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn import sources
from neuro_attn.bytestrings import as_text
from neuro_attn.configuration import parse
from neuro_attn.errors import InputError
from neuro_attn.onboarding import inspection
from tests import formats


def as_bytes(session: formats.Session, encoding: str = "utf-8") -> formats.Session:
    """Return the session with all text encoded."""
    trials = session.trials.copy()
    for name in ("side", "order"):
        trials[name] = np.array([each.encode(encoding) for each in trials[name]], dtype=object)
    regions = [each.encode(encoding) for each in session.regions]
    return formats.Session(trials, session.spike_times, regions)


def in_a_format(source: str) -> Callable[[Path, formats.Session], dict[str, Any]]:
    return lambda folder, session: formats.write(source, folder, as_bytes(session))


def of_another_program(kind: str) -> Callable[[Path, formats.Session], dict[str, Any]]:
    """Write NetCDF as MATLAB and others do: no attribute says which variables are coordinates."""

    def write(folder: Path, session: formats.Session) -> dict[str, Any]:
        keys = formats.write("netcdf", folder, session)
        (path,) = folder.glob("*.nc")
        with xr.open_dataset(path, engine="h5netcdf") as opened:
            content = opened.load()
        with h5netcdf.File(path, "w") as file:
            file.dimensions = dict(content.sizes)
            for name, values in content.variables.items():
                array, dimensions = values.values, values.dims
                if array.dtype.kind in "OU":
                    array = np.array([str(each).encode() for each in array])
                    if kind == "characters":
                        # One character a cell, filled up with blanks.
                        width = array.dtype.itemsize + 2
                        array = np.char.ljust(array, width).view("S1").reshape(-1, width)
                        dimensions = (*dimensions, f"characters_{width}")
                        file.dimensions.setdefault(dimensions[1], width)
                    elif kind == "variable length":
                        array = array.astype(h5py.string_dtype("ascii"))
                made = file.create_variable(str(name), dimensions, array.dtype)
                made[...] = array
                for key, value in values.attrs.items():
                    made.attrs[key] = value
        return keys

    return write


WRITERS = {
    "parquet": in_a_format("parquet"),
    "alf": in_a_format("alf"),
    "netcdf, objects": in_a_format("netcdf"),
    "netcdf, fixed length": of_another_program("fixed length"),
    "netcdf, characters": of_another_program("characters"),
    "netcdf, variable length": of_another_program("variable length"),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_bytes_are_read_as_the_text_they_hold(kind, tmp_path):
    session = formats.planted()
    keys = WRITERS[kind](tmp_path / "bytes", session)
    source = kind.split(",", maxsplit=1)[0]
    same_as_text = formats.write(source, tmp_path / "text", session)
    found = []
    for folder, each in (("bytes", keys), ("text", same_as_text)):
        dataset = parse({"datasets": {"planted": each}}).datasets["planted"]
        (made,) = sources.read("planted", dataset, tmp_path / folder, 0)
        (outline,) = sources.outlines("planted", dataset, tmp_path / folder, 0)
        assert outline["label"].values.tolist() == made["label"].values.tolist()
        found.append(made)
    for name in ("label", "task", "region", "side"):
        assert found[0][name].values.tolist() == found[1][name].values.tolist()
    np.testing.assert_array_equal(found[0]["rates"], found[1]["rates"])


@pytest.mark.parametrize("kind", WRITERS)
def test_an_inspection_shows_bytes_as_text(kind, tmp_path):
    WRITERS[kind](tmp_path, formats.planted())
    folder = kind == "alf"
    paths = [tmp_path / "planted"] if folder else [p for p in tmp_path.iterdir() if p.is_file()]
    (found,) = inspection.describe(map(str, paths))
    (trials,) = found["tables"]
    (side,) = [each for each in trials["columns"] if each["name"] == "side"]
    assert side["values"] == {"left": 40, "right": 40}
    assert "V4" in str(found["regions"])
    assert "b'" not in inspection.render([found])


@pytest.mark.parametrize("source", ["parquet", "alf", "netcdf"])
def test_bytes_that_are_no_text_are_one_message(source, tmp_path):
    planted = formats.planted()
    trials = planted.trials.assign(
        side=[each.replace("left", "côté").encode("latin-1") for each in planted.trials["side"]]
    )
    session = formats.Session(trials, planted.spike_times, planted.regions)
    keys = formats.write(source, tmp_path, session)
    dataset = parse({"datasets": {"planted": keys}}).datasets["planted"]
    with pytest.raises(InputError, match=r"value 2, b'c\\xf4t\\xe9', is not text in UTF-8\."):
        sources.read("planted", dataset, tmp_path, 0)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0 "), max_size=9)


@given(values=st.lists(st.one_of(TEXT, st.none(), st.floats(), st.booleans()), max_size=9))
def test_encoding_then_decoding_changes_only_blanks_at_the_ends(values):
    encoded = [each.encode() if isinstance(each, str) else each for each in values]
    array = np.empty(len(values), dtype=object)
    array[:] = encoded
    expected = [each.strip() if isinstance(each, str) else each for each in values]
    assert list(map(repr, as_text(array, "").tolist())) == list(map(repr, expected))


@pytest.mark.parametrize("values", [np.arange(3), np.array([1.5, np.nan]), np.array([])])
def test_what_holds_no_text_stays_as_it_is(values):
    assert as_text(values, "") is values

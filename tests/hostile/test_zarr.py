"""NWB in Zarr folders: descriptions and chunks of arrays that are damaged or hostile.

A Zarr folder is a tree of small files: of each array one describes shape, type and codecs in JSON,
and others hold its chunks. Anything can stand in each.
"""

import json
import os
import pickle
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import pytest

from neuro_attn import budget, sources
from neuro_attn.configuration import parse
from neuro_attn.errors import InputError
from neuro_attn.sources.nwb import contents as nwb
from tests import formats
from tests.hostile.conftest import CANARY

zarr = pytest.importorskip("zarr")

ARRAYS = ("identifier", "intervals/trials/cue", "units/id", "units/spike_times", "units/location")
"""One that a run needs for its text alone, and columns of times, ids, spikes and names."""


class Trap:
    """Makes a folder when it is unpickled."""

    def __reduce__(self):
        return (os.mkdir, (CANARY,))


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> tuple[Path, dict[str, Any]]:
    """Return a folder with an NWB file in Zarr that is right, and the keys that read it."""
    place = tmp_path_factory.mktemp("good")
    keys = formats.write("nwb", place / "hdf5", formats.planted(n_trials=16, n_units=2))
    root = zarr.open_group(zarr.DirectoryStore(str(place / "data/planted.zarr")), "w")
    with h5py.File(place / "hdf5/planted.nwb") as file:
        root.attrs["nwb_version"] = file.attrs["nwb_version"]
        for name in ("identifier", "session_description", "units", "intervals"):
            _copy(file[name], root, name)
    return place / "data", {**keys, "files": "*.zarr"}


@pytest.fixture
def spoil(good, tmp_path, monkeypatch) -> Callable[[], Path]:
    """Return what makes a new copy of the folder, to be spoiled."""
    monkeypatch.chdir(tmp_path)

    def copied() -> Path:
        shutil.rmtree(tmp_path / "data", ignore_errors=True)
        shutil.copytree(good[0], tmp_path / "data")
        return tmp_path / "data/planted.zarr"

    return copied


def _copy(node: Any, into: Any, name: str) -> None:
    if hasattr(node, "dtype"):
        is_text = node.dtype.kind == "O"
        made = into.create_dataset(
            name,
            data=node.asstr()[()] if is_text else node[()],
            shape=node.shape,
            dtype=str if is_text else node.dtype,
        )
    else:
        made = into.create_group(name)
        for key in node:
            _copy(node[key], made, key)
    for key in ("neurodata_type", "colnames"):
        if key in node.attrs:
            value = node.attrs[key]
            made.attrs[key] = value if isinstance(value, str) else list(map(str, value))


@pytest.fixture
def read(good) -> Callable[[Path], str]:
    """Return what reads a folder as check and a run do, and gives their error, "" if it is read."""
    dataset = parse({"datasets": {"mine": good[1]}}).datasets["mine"]

    def read(folder: Path) -> str:
        with budget.limited(1):
            checked = list(sources.outlines("mine", dataset, folder.parent, 0))
        told = "".join(str(each) for each in checked if isinstance(each, InputError))
        of_run = error_of(lambda: sources.read("mine", dataset, folder.parent, 0))
        # What a codec says of bytes that it cannot read differs from time to time.
        assert told.split(" (")[0] == of_run.split(" (")[0]
        return told

    return read


def inspected(folder: Path) -> str:
    """Return the error with which inspect ends, "" if it shows the file."""
    return error_of(lambda: nwb.read(str(folder)))


def error_of(reading: Callable[[], object]) -> str:
    """Return the error with which reading ends within the budget of a command, "" if none."""
    told = ""
    try:
        with budget.limited(1):
            reading()
    except InputError as error:
        told = str(error)
    assert told.isprintable()
    return told


def described(array: str, **changes: object) -> Callable[[Path], object]:
    """Change the description of an array."""

    def change(folder: Path) -> None:
        path = folder / array / ".zarray"
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return change


def test_the_folder_is_right_before_it_is_spoiled(spoil, read):
    folder = spoil()
    assert read(folder) == inspected(folder) == ""


WRONG: dict[str, dict[str, object]] = {
    "shape of text": {"shape": "x"},
    "shape of nothing": {"shape": [None]},
    "negative shape": {"shape": [-1]},
    "endless shape": {"shape": [10**15], "chunks": [10**15]},
    "no chunks": {"chunks": []},
    "chunks of none": {"chunks": [0]},
    "chunks as numbers": {"chunks": 3},
    "unknown type": {"dtype": "nothing"},
    "type of dates": {"dtype": "<M8[s]"},
    "type as number": {"dtype": 7},
    "several values in one": {"dtype": [["a", "<f4"], ["b", "<f4"]]},
    "unknown order": {"order": "Z"},
    "unknown codec": {"compressor": {"id": "nothing"}},
    "codec without a name": {"compressor": {"level": 1}},
    "codec that is a number": {"compressor": 3},
    "another codec": {"compressor": {"id": "lzma", "format": 1, "check": -1, "preset": None}},
    "filters that are text": {"filters": ["x"]},
    "lists of any length": {"dtype": "|O", "filters": [{"id": "vlen-array", "dtype": "<f8"}]},
    "version of tomorrow": {"zarr_format": 9},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_description_is_read_or_refused_by_all_alike(spoil, read, wrong):
    for array in ARRAYS:
        folder = spoil()
        described(array, **WRONG[wrong])(folder)
        told = read(folder)
        assert "planted.zarr" in told or not told
        # What a run reads, inspect shows; it does not need the text of the file.
        assert told or not inspected(folder)


CONTENTS = (b"", b"{", b"[]", b"null", b"7", b"\xff", b"[" * 3000, bytes(40))


@pytest.mark.parametrize(
    "name",
    [".zgroup", ".zattrs", "units/.zgroup", "units/.zattrs", "units/id/.zarray", "units/id/0"],
)
def test_any_content_is_read_or_refused(spoil, read, name):
    for content in CONTENTS:
        folder = spoil()
        (folder / name).write_bytes(content)
        for told in (read(folder), inspected(folder)):
            assert "planted.zarr" in told or not told


def test_a_damaged_array_is_named(spoil, read):
    folder = spoil()
    (folder / "units/spike_times/0").write_bytes(b"damaged")
    assert "planted.zarr, /units/spike_times: is not a readable" in read(folder)


@pytest.mark.parametrize("codec", ["filters", "compressor"])
@pytest.mark.parametrize("stated", [None, "object", "scalar"])
def test_a_pickle_is_not_loaded_even_where_numcodecs_would(spoil, read, codec, stated, monkeypatch):
    """Numcodecs loads pickles before version 0.15.2, and after it if a variable is set."""
    monkeypatch.setattr("numcodecs.pickles.ALLOW_UNSAFE_PICKLE_DECODE", True)
    pickled = {"id": "pickle", "protocol": 5}
    changes: dict[str, object] = {"compressor": pickled}
    if codec == "filters":
        changes = {"dtype": "|O", "filters": [pickled], "compressor": None}
    for array in ARRAYS:
        folder = spoil()
        described(array, **changes)(folder)
        for chunk in (folder / array).glob("[0-9]*"):
            chunk.write_bytes(pickle.dumps(Trap()))
        if stated:
            (folder / array / ".zattrs").write_text(json.dumps({"zarr_dtype": stated}))
        assert read(folder) or stated == "object"
        inspected(folder)
        assert not Path(CANARY).exists()
        # The trap works.
        with suppress(TypeError):
            zarr.open_group(zarr.DirectoryStore(str(folder)), "r")[array][...]
        assert Path(CANARY).exists()
        Path(CANARY).rmdir()

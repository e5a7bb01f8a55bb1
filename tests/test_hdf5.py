"""A file of a stranger cannot make its reader show another file."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from neuro_attn import sources
from neuro_attn.configuration import parse
from neuro_attn.errors import InputError
from neuro_attn.hdf5 import opened_hdf5
from neuro_attn.onboarding import inspection
from neuro_attn.sources.mat import nodes
from tests import formats

SECRET = np.frombuffer(b"secret secret secret", dtype=np.uint8)


def link(file: h5py.File, name: str, other: Path) -> None:
    file[name] = h5py.ExternalLink(str(other), "/secret")


def storage(file: h5py.File, name: str, other: Path) -> None:
    external = [(str(other), 0, h5py.h5f.UNLIMITED)]
    file.create_dataset(name, (20,), dtype=np.uint8, external=external)


def virtual(file: h5py.File, name: str, other: Path) -> None:
    layout = h5py.VirtualLayout((20,), dtype=np.uint8)
    layout[:] = h5py.VirtualSource(str(other), "secret", (20,))
    file.create_virtual_dataset(name, layout)


WAYS: dict[str, Callable[[h5py.File, str, Path], None]] = {
    "link": link,
    "storage": storage,
    "virtual": virtual,
}
PLACES = {"nwb": ("planted.nwb", "units/location"), "netcdf": ("planted.nc", "region")}


@pytest.fixture
def other(tmp_path) -> Path:
    path = tmp_path / "secret.h5"
    with h5py.File(path, "w") as file:
        file["secret"] = SECRET
    return path


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("source", PLACES)
def test_data_of_another_file_are_not_read(way, source, other, tmp_path):
    keys = formats.write(source, tmp_path / "data", formats.planted(n_trials=8, n_units=2))
    name, place = PLACES[source]
    with h5py.File(tmp_path / "data" / name, "r+") as file:
        del file[place]
        WAYS[way](file, place, other)
    dataset = parse({"datasets": {"planted": keys}}).datasets["planted"]
    for read in (
        lambda: sources.read("planted", dataset, tmp_path / "data", 0),
        lambda: inspection.describe([str(tmp_path / "data" / name)]),
    ):
        with pytest.raises(InputError, match=r"its data are in another file \(.*secret\.h5\)"):
            read()


@pytest.mark.parametrize("way", WAYS)
def test_matlab_files_keep_their_data_in_themselves(way, other, tmp_path):
    with h5py.File(tmp_path / "rates.mat", "w") as file:
        WAYS[way](file, "rates", other)
    with (
        pytest.raises(InputError, match=r"rates\.mat, rates: its data are in another file"),
        nodes.opened(tmp_path / "rates.mat"),
    ):
        pass


def test_links_within_a_file_are_followed(tmp_path):
    path = tmp_path / "whole.h5"
    with h5py.File(path, "w") as file:
        file["a/b"] = SECRET
        file["soft"] = h5py.SoftLink("/a/b")
        file["hard"] = file["a/b"]
        file["broken"] = h5py.SoftLink("/nowhere")
    with opened_hdf5(path) as file:
        assert (file["soft"][:] == SECRET).all()
        assert (file["hard"][:] == SECRET).all()


def scales(file: h5py.File) -> None:
    file["time"] = np.arange(3.0)
    file["rates"] = np.ones(3)
    file["time"].make_scale("time")
    file["rates"].dims[0].attach_scale(file["time"])


@pytest.mark.parametrize("name", ["DIMENSION_LIST", "REFERENCE_LIST"])
@pytest.mark.parametrize(
    "value",
    [np.arange(4), np.float64(1), np.bytes_(b"x"), np.zeros(2, [("dataset", "i4"), ("d", "i4")])],
    ids=["numbers", "number", "text", "structures"],
)
def test_axes_that_would_corrupt_memory_are_refused(name, value, tmp_path):
    path = tmp_path / "a.nc"
    with h5py.File(path, "w") as file:
        scales(file)
    with opened_hdf5(path) as file:
        assert file["rates"].dims[0][0].name == "/time"
    with h5py.File(path, "r+") as file:
        damaged = file["rates" if name == "DIMENSION_LIST" else "time"]
        del damaged.attrs[name]
        damaged.attrs[name] = value
    with (
        pytest.raises(InputError, match=f"the attribute {name}, which links axes"),
        opened_hdf5(path),
    ):
        pass


def test_groups_are_visited_once_and_not_too_deep(tmp_path):
    path = tmp_path / "deep.h5"
    with h5py.File(path, "w") as file:
        group = file
        for _ in range(90):
            group = group.create_group("g")
        group["top"] = file
    with opened_hdf5(path) as file:
        assert "g/g/g" in file
    with h5py.File(path, "r+") as file:
        group = file["/" + "/".join("g" * 90)]
        for _ in range(20):
            group = group.create_group("g")
    with pytest.raises(InputError, match="groups are nested more than 100 deep"), opened_hdf5(path):
        pass

"""Files of data are files on this machine, whatever their names look like."""

import socket

import pytest
from pynwb import NWBHDF5IO

from neuro_attn import sources
from neuro_attn.command_line import main
from neuro_attn.configuration import parse
from tests import formats

NAMES = ["file:data", "file::data"]
"""pandas, xarray and zarr take what begins so for an address, and would open another file."""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("source", formats.EVERY)
def test_a_folder_that_looks_like_an_address_is_a_folder(source, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).mkdir()
    keys = formats.write(source, tmp_path / name, formats.planted())
    dataset = parse({"datasets": {"mine": keys}}).datasets["mine"]
    assert sources.read("mine", dataset, name, 0)


def test_so_is_one_of_zarr(tmp_path, monkeypatch):
    hdmf_zarr = pytest.importorskip("hdmf_zarr")
    monkeypatch.chdir(tmp_path)
    keys = formats.write("nwb", tmp_path, formats.planted())
    (written,) = tmp_path.glob("*.nwb")
    (tmp_path / "data").mkdir()
    with NWBHDF5IO(written, "r") as read, hdmf_zarr.NWBZarrIO("data/a.nwb.zarr", "w") as copy:
        copy.export(src_io=read, write_args={"link_data": False})
    (tmp_path / "data").rename("file::data")
    dataset = parse({"datasets": {"mine": {**keys, "files": "*.zarr"}}}).datasets["mine"]
    assert sources.read("mine", dataset, "file::data", 0)


@pytest.mark.parametrize("suffix", ["nwb", "csv", "parquet", "mat", "nc", "npy", "zarr"])
def test_an_address_is_no_file(suffix, monkeypatch, capsys):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection is opened")

    monkeypatch.setattr(socket, "create_connection", refuse)
    assert main(["inspect", f"http://127.0.0.1/x.{suffix}"]) == 1
    assert "no such file" in capsys.readouterr().err

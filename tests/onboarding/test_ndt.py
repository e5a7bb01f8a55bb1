"""Rasters and binned data of NDT and NeuroDecodeR: inspect, init and check agree with a run."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io
import yaml

from neuro_attn import sources
from neuro_attn.configuration import load
from tests import formats

TASKS = ("--task", "pro=order == 'pro'", "--task", "retro=order == 'retro'")


@pytest.fixture(params=formats.APART)
def written(request, tmp_path) -> tuple[str, list[Path]]:
    """The source that reads a planted session, and its files."""
    folder = tmp_path / "recorded"
    keys = formats.write(request.param, folder, formats.planted(n_units=6))
    return keys["source"], sorted(folder.iterdir())


def test_inspect_init_and_check_agree_with_what_a_run_reads(written, command, described):
    source, files = written
    found = described(*files)
    assert found["kind"] == source
    assert len(found["sessions"]) == 6
    (region,) = found["regions"][0]["units"]
    assert (region["region"], region["n_units"]) == ("V4", 6)
    (trials,) = found["tables"]
    assert {each["name"]: each["values"] for each in trials["columns"]}["side"] == {
        "left": 240,
        "right": 240,
    }
    done = command("init", *files, "-o", "mine.yaml", "--label", "side", *TASKS)
    assert done.code == 0, done.err
    (keys,) = yaml.safe_load(Path("mine.yaml").read_text())["datasets"].values()
    assert keys["source"] == source
    assert keys["decoding"]["population"] == "pseudopopulation"
    checked = command("check", "mine.yaml")
    assert (checked.code, "No problems" in checked.out) == (0, True)
    settings = load("mine.yaml")
    (dataset,) = settings.datasets.values()
    recordings = sources.read("mine", dataset, settings.data_folder, 0)
    assert [made.attrs["session"] for made in recordings] == [
        each["session"] for each in found["sessions"]
    ]


def test_bins_that_overlap_are_named_and_those_proposed_do_not(tmp_path, command):
    formats.write("binned", tmp_path / "recorded", formats.planted(n_units=2))
    (path,) = (tmp_path / "recorded").iterdir()
    shown = command("inspect", path).out
    assert "overlapping bins: adjacent bins share 0.05 s of spikes." in shown
    command("init", path, "-o", "mine.yaml", "--label", "side")
    (keys,) = yaml.safe_load(Path("mine.yaml").read_text())["datasets"].values()
    assert keys["time"] == {"start": -0.1, "stop": 0.5, "bin": 0.1}
    assert keys["windows"] == {"response": [0.0, 0.5]}


def test_long_names_of_sites_stay_apart(tmp_path, command):
    """Sites of a file are called after it, and the file after its bins."""
    formats.write("binned", tmp_path / "recorded", formats.planted(n_units=2))
    (path,) = (tmp_path / "recorded").iterdir()
    shown = "".join(command("inspect", path).out.split())
    for site in ("site1", "site2"):
        assert f"{path.stem}-{site}" in shown


def test_binned_data_without_an_event_ask_for_it(tmp_path, command):
    formats.write("binned", tmp_path / "recorded", formats.planted(n_units=2))
    (path,) = (tmp_path / "recorded").iterdir()
    content = scipy.io.loadmat(path, simplify_cells=True)
    info = content["binned_site_info"]
    del info["alignment_event_time"], info["binning_parameters"]["alignment_event_time"]
    labels = {
        name: formats.cells(map(formats.cells, each))
        for name, each in content["binned_labels"].items()
    }
    data = formats.cells(content["binned_data"])
    changed = {"binned_data": data, "binned_labels": labels, "binned_site_info": info}
    scipy.io.savemat(path, changed)
    shown = command("inspect", path).out
    assert "the file does not give the sample of the event; event_sample does" in shown
    options = (path, "-o", "mine.yaml", "--label", "side")
    assert command("init", *options).message.endswith("Set the key event_sample.")
    assert command("init", *options, "--event-sample", 101).code == 0
    (keys,) = yaml.safe_load(Path("mine.yaml").read_text())["datasets"].values()
    assert (keys["event_sample"], keys["time"]["start"]) == (101, -0.1)


def test_a_file_of_r_is_one_message_of_inspect(tmp_path, command):
    (tmp_path / "binned.Rda").write_bytes(b"RDX3")
    message = command("inspect", "binned.Rda").message
    assert message.startswith("binned.Rda: is an R file, which cannot be read. In R, load it and")


def test_an_empty_label_is_counted_as_missing(tmp_path, described):
    labels = {"picture": formats.cells(["car", "kiwi", np.empty((0, 0)), ""] * 5)}
    content = {"raster_data": np.eye(20, 300), "raster_labels": labels}
    scipy.io.savemat(tmp_path / "unit.mat", content)
    (table,) = described("unit.mat")["tables"]
    (column,) = table["columns"]
    assert (column["values"], column["n_missing"]) == ({"car": 5, "kiwi": 5}, 10)

"""NWB of every version and program: inspect, init, check and a run find what was planted."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn import configuration, sources
from neuro_attn.command_line import main
from neuro_attn.configuration import parse
from neuro_attn.sources.nwb import reading as nwb
from tests import formats, nwb_layouts

N_UNITS = 10


@pytest.fixture
def session():
    regions = [("V4", "FEF")[n % 2] for n in range(N_UNITS)]
    return replace(formats.planted(n_units=N_UNITS), regions=regions)


@pytest.fixture(params=nwb_layouts.LAYOUTS)
def keys(request, tmp_path, session):
    return nwb_layouts.write(request.param, tmp_path, session)


def parsed(keys):
    return parse({"datasets": {"planted": keys}}).datasets["planted"]


def test_a_run_reads_what_was_planted(keys, tmp_path, session):
    dataset = parsed(keys)
    read = nwb.read(tmp_path / "planted.nwb", dataset)
    for found, planted in zip(read.spike_times, session.spike_times, strict=True):
        np.testing.assert_array_equal(found, planted)
    assert read.units["region"].tolist() == session.regions
    np.testing.assert_array_equal(read.trials["cue"], session.trials["cue"])
    (made,) = sources.read("planted", dataset, tmp_path, 0)
    np.testing.assert_allclose(made["rates"], formats.rates_of(session), atol=1e-3)
    assert made["label"].values.tolist() == session.trials["side"].tolist()
    assert made["task"].values.tolist() == session.trials["order"].tolist()


def test_inspect_init_and_check_agree_with_the_run(keys, tmp_path, session, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert main(["inspect", "--json", "planted.nwb"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    column = keys.get("regions", {}).get("column", "location")
    (regions,) = [each["units"] for each in found["regions"] if each["column"] == column]
    assert {each["region"]: each["n_units"] for each in regions} == {"V4": 5, "FEF": 5}
    n_spikes = sum(map(len, session.spike_times))
    (only,) = found["sessions"]
    length = only["stop_s"] - only["start_s"]
    assert only["mean_rate"] * length * N_UNITS == pytest.approx(n_spikes, rel=1e-3)
    table = keys.get("table", "trials")
    assert only["n_rows"] == {table: len(session.trials)}
    (described,) = found["tables"]
    events = [each["name"] for each in described["columns"] if each["use"] == "event"]
    assert set(events) == {"start_time", "stop_time", "cue"}
    assert not any("spike" in warning for warning in found["warnings"])
    assert found["unit_columns"]["presence_ratio"] == "0.91 to 1"

    label = keys["label"]
    options = ["--label", label] if isinstance(label, str) else []
    for name, expression in label.items() if isinstance(label, dict) else ():
        options += ["--label", f"{name}={expression}"]
    for name, task in keys["tasks"].items():
        options += ["--task", f"{name}={task['trials']}"]
    if column == "unit_description":
        options += ["--region-column", column]
    assert main(["init", "planted.nwb", "-o", "planted.yaml", *options]) == 0, capsys.readouterr()
    written = yaml.safe_load((tmp_path / "planted.yaml").read_text())["datasets"]["planted"]
    assert written["regions"]["column"] == column
    assert {task["align"] for task in written["tasks"].values()} == {"cue"}
    configured = configuration.load("planted.yaml")
    (made,) = sources.read("planted", configured.datasets["planted"], ".", 0)
    assert made["region"].values.tolist() == session.regions
    assert main(["check", "planted.yaml"]) == 0
    done = capsys.readouterr()
    assert "No problems in planted.yaml" in done.out
    assert "arning" not in done.err


def test_no_library_warns_the_user(tmp_path, session):
    nwb_layouts.write("newer", tmp_path, session)
    code = (
        "import sys; from neuro_attn.command_line import main; "
        "main(['inspect', 'planted.nwb']); sys.exit('hdmf' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "always::UserWarning", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "FEF" in done.stdout
    assert done.stderr == ""


def test_units_are_kept_by_an_expression_on_their_columns(keys, tmp_path, session):
    # Presence ratios fall from 1 by 0.01 a unit.
    read = nwb.read(tmp_path / "planted.nwb", parsed({**keys, "units": "presence_ratio > 0.955"}))
    assert read.units["region"].tolist() == session.regions[:5]
    for found, planted in zip(read.spike_times, session.spike_times[:5], strict=True):
        np.testing.assert_array_equal(found, planted)


SHAPES = {"n": (-1,), "n x 1": (-1, 1), "1 x n": (1, -1)}
COLUMNS = [
    *("units/id", "units/spike_times", "units/spike_times_index", "units/presence_ratio"),
    *("units/electrodes", "units/electrodes_index"),
    *(f"intervals/trials/{name}" for name in ("id", "start_time", "cue", "side", "correct")),
    *(f"general/extracellular_ephys/electrodes/{name}" for name in ("id", "location", "group")),
]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shapes")
    session = replace(formats.planted(n_trials=12, n_units=4), regions=["V4", "FEF", "V4", "LIP"])
    keys = nwb_layouts.write("pynwb", folder, session)
    return folder / "planted.nwb", parsed({**keys, "units": "presence_ratio > 0.5"})


@given(shapes=st.lists(st.sampled_from(list(SHAPES)), min_size=14, max_size=14))
@settings(max_examples=15)
def test_a_column_may_have_any_shape_of_one_value_a_row(written, shapes):
    path, dataset = written
    right = nwb.read(path, dataset)
    other = path.parent / "shaped.nwb"
    shutil.copy(path, other)
    with nwb_layouts.edited(other) as kept:
        for place, shape in zip(COLUMNS, shapes, strict=True):
            nwb_layouts.rewrite(kept, place, lambda v, shape=shape: v.reshape(SHAPES[shape]))
    found = nwb.read(other, dataset)
    pd.testing.assert_frame_equal(found.trials, right.trials, check_like=True)
    pd.testing.assert_frame_equal(found.units, right.units)
    for one, same in zip(found.spike_times, right.spike_times, strict=True):
        np.testing.assert_array_equal(one, same)

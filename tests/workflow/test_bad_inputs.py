"""What a user can get wrong ends in one message, exit code 1, and no partial output."""

import copy
import re
from datetime import UTC, datetime

import numpy as np
import pytest
import xarray as xr
from pynwb import NWBHDF5IO, NWBFile

from tests.workflow.conftest import SMALL


def nwb(path, spikes_scale=1.0, n_units=12, location=True):
    """Write a small NWB session with 12 units and 40 trials."""
    rng = np.random.default_rng(0)
    file = NWBFile("small", path.stem, datetime(2020, 1, 1, tzinfo=UTC))
    for column in ("side", "onset"):
        file.add_trial_column(column, column)
    for trial in range(40):
        start = 2.0 * trial
        side = ("left", "right")[trial % 2]
        file.add_trial(start_time=start, stop_time=start + 1.5, side=side, onset=start + 0.5)
    if location and n_units:
        file.add_unit_column("location", "brain area")
    for _ in range(n_units):
        times = np.sort(rng.uniform(0, 80, 400)) * spikes_scale
        file.add_unit(spike_times=times, **({"location": "V4"} if location else {}))
    with NWBHDF5IO(path, "w") as io:
        io.write(file)


def recording(path, **changes):
    """Write a small Recording, with `changes` made to it."""
    n = 40
    rates = np.random.default_rng(0).poisson(5, (n, 8, 6)).astype("float32")
    dataset = xr.Dataset(
        {"rates": (("trial", "unit", "time"), rates)},
        coords={
            "time": ("time", 0.05 + 0.1 * np.arange(6), {"bin_width": 0.1}),
            "trial_id": ("trial", np.arange(n)),
            "task": ("trial", np.repeat(["one", "two"], n // 2).astype(object)),
            "side": ("trial", np.tile(["left", "right"], n // 2).astype(object)),
            "label": ("trial", np.tile(["left", "right"], n // 2).astype(object)),
            "unit_id": ("unit", np.arange(8)),
            "region": ("unit", np.array(["V4"] * 8, dtype=object)),
            "session": ("unit", np.array([path.stem] * 8, dtype=object)),
        },
        attrs={"session": path.stem},
    )
    dataset["rates"].attrs["units"] = "spikes/s"
    if "nan" in changes:
        dataset["rates"][3, 2, 1] = np.nan
    if "repeat" in changes:
        dataset["trial_id"][5] = 4
    dataset.to_netcdf(path, engine="h5netcdf")


def nwb_config(**changes) -> dict:
    settings = {
        "source": "nwb",
        "files": "*.nwb",
        "label": "side",
        "tasks": {"all": {"trials": "onset > 0", "align": "onset"}},
        "time": {"start": 0.0, "stop": 0.4, "bin": 0.1},
        "windows": {"whole": [0.0, 0.4]},
        **changes,
    }
    return {"data_folder": "data", "datasets": {"mine": settings}}


def netcdf_config() -> dict:
    tasks = {name: {"trials": f"task == '{name}'"} for name in ("one", "two")}
    keys = nwb_config(source="netcdf", files="*.nc", tasks=tasks)
    return keys


def simulated(**changes) -> dict:
    keys = copy.deepcopy(SMALL)
    keys["datasets"]["small"].update(changes)
    return keys


CASES = {
    "unknown config key": (
        simulated(window={"cue": [0.1, 0.5]}),
        None,
        ["config.yaml, line ", "datasets.small.window: unknown key. Did you mean windows?"],
    ),
    "label with one class in a task": (
        simulated(label={"upper": "selected == 'upper'", "other": "cue_set == 7"}),
        None,
        ["datasets.small.label", "task 'pro' has trials of one class only, 'upper'"],
    ),
    "a task without trials": (
        simulated(
            tasks={
                "pro": {"trials": "trial_type == 'pro'", "align": "cue_onset"},
                "none": {"trials": "trial_type == 'anti'", "align": "cue_onset"},
            }
        ),
        None,
        ["datasets.small.tasks.none.trials", "task 'none' has no trials"],
    ),
    "region with too few units": (
        simulated(regions={"include": ["LPFC"], "min_units": 500}),
        None,
        ["datasets.small.regions.include", "region 'LPFC' has 16 units; min_units is 500"],
    ),
    "missing file": (
        nwb_config(files="nothing*.nwb"),
        None,
        ["datasets.mine.files", "nothing*.nwb"],
    ),
    "NWB without units": (
        nwb_config(),
        lambda folder: nwb(folder / "s1.nwb", n_units=0),
        ["s1.nwb", "units"],
    ),
    "NWB without the named column": (
        nwb_config(regions={"column": "area"}),
        lambda folder: nwb(folder / "s1.nwb"),
        ["s1.nwb", "'area'", "location"],
    ),
    "spike times in milliseconds": (
        nwb_config(),
        lambda folder: nwb(folder / "s1.nwb", spikes_scale=1000.0),
        ["s1.nwb", "spike_times", "milliseconds"],
    ),
    "NaN in rates": (
        netcdf_config(),
        lambda folder: recording(folder / "s1.nc", nan=True),
        ["s1.nc, rates", "nan at trial 3, unit 2, time 0.15 s"],
    ),
    "trial ids used twice": (
        netcdf_config(),
        lambda folder: recording(folder / "s1.nc", repeat=True),
        ["s1.nc", "trial_id 4 is used more than once"],
    ),
    "fewer trials than folds": (
        simulated(decoding={"population": "pseudopopulation", "folds": 60}),
        None,
        ["datasets.small.decoding.folds", "60 folds need 60 trials of every task and class"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_ends_in_one_message(case, new_project):
    keys, write, expected = CASES[case]
    project = new_project()
    (project.folder / "data").mkdir()
    if write is not None:
        write(project.folder / "data")
    config = project.write_config(keys)
    done = project.run("run", config, "--cores", "1", check=False)
    assert done.returncode == 1
    messages = done.stderr.strip().splitlines()
    assert len(messages) == 1, done.stderr
    assert messages[0].startswith("neuro-attn: error: ")
    for text in expected:
        assert text in messages[0]
    assert "Traceback" not in done.stdout + done.stderr
    made = set(project.results(".nc", ".csv", ".png", ".svg", ".html"))
    # What does not depend on the fault may be there, complete; nothing that depends on it is.
    # Sessions are read one by one, before they are compared.
    together = re.search("folds|one class|without trials|too few units", case)
    independent = ("timeline", "truth") + (("/recordings/",) if together else ())
    assert [path for path in made if not any(part in path for part in independent)] == []
    assert not list((project.folder / "results").rglob(".*"))


def test_a_missing_configuration_file_is_named(new_project):
    done = new_project().run("run", "mine.yaml", check=False)
    assert done.returncode == 1
    message = (
        "mine.yaml: the configuration file does not exist. neuro-attn init writes a configuration"
    )
    assert done.stderr.startswith(f"neuro-attn: error: {message}")

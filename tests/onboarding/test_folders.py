"""Folders of sorted spikes, and MATLAB arrays, as a newcomer meets them."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io
import yaml

from tests.onboarding.conftest import N_UNITS, spike_trains, trials_table

TRIALS = trials_table()


def pooled() -> tuple[np.ndarray, np.ndarray]:
    """Return the times and clusters of all spikes, in the order of time."""
    trains = spike_trains()
    times = np.concatenate(trains)
    clusters = np.repeat(np.arange(N_UNITS), [len(train) for train in trains])
    order = np.argsort(times)
    return times[order], clusters[order]


def write_alf(folder: Path) -> Path:
    probe = folder / "mouse7" / "2020-01-31" / "001" / "alf" / "probe00"
    probe.mkdir(parents=True)
    times, clusters = pooled()
    np.save(probe / "spikes.times.npy", times)
    np.save(probe / "spikes.clusters.npy", clusters)
    np.save(probe / "clusters.channels.npy", np.arange(N_UNITS) % 2)
    np.save(probe / "channels.acronym.npy", np.array(["V4", "FEF"]))
    table = TRIALS.rename(columns={"start_time": "intervals_0", "stop_time": "intervals_1"})
    table.to_parquet(probe.parent / "_ibl_trials.table.pqt")
    return probe.parents[1]


def write_phy(folder: Path) -> Path:
    made = folder / "monday" / "kilosort4"
    made.mkdir(parents=True)
    times, clusters = pooled()
    np.save(made / "spike_times.npy", np.round(times * 30_000).astype(np.uint64))
    np.save(made / "spike_clusters.npy", clusters)
    (made / "params.py").write_text("sample_rate = 30000.0\n")
    groups = [f"{n}\t{'good' if n < N_UNITS - 4 else 'mua'}" for n in range(N_UNITS)]
    (made / "cluster_group.tsv").write_text("\n".join(["cluster_id\tgroup", *groups]) + "\n")
    TRIALS.to_csv(made / "trials.csv", index=False)
    return made


OPTIONS = ["--label", "side", "--quick"]
OPTIONS += [f"--task={rule}=rule == '{rule}'" for rule in ("visual", "auditory")]


@pytest.mark.parametrize("write", [write_alf, write_phy])
def test_a_folder_leads_to_a_configuration_that_runs(write, tmp_path, command, described):
    folder = write(tmp_path / "recorded").relative_to(tmp_path)
    kind = write.__name__.removeprefix("write_")
    found = described(folder)
    assert found["kind"] == kind
    (session,) = found["sessions"]
    assert session["n_units"] == {"alf": N_UNITS, "phy": N_UNITS - 4}[kind]
    assert session["n_rows"] == {"trials": len(TRIALS)}
    assert not [each for each in found["warnings"] if "no units" in each or "interval" in each]
    assert command("inspect", folder).code == 0
    done = command("init", folder, "-o", "mine.yaml", *OPTIONS)
    assert done.code == 0, done.err
    (keys,) = yaml.safe_load(Path("mine.yaml").read_text())["datasets"].values()
    assert keys["source"] == kind
    assert keys.get("region", keys["regions"].get("column")) in ("all", "acronym")
    assert command("check", "mine.yaml").code == 0


def test_a_folder_of_anything_else_is_one_message(tmp_path, command):
    (tmp_path / "photos").mkdir()
    assert command("inspect", "photos").message == (
        "photos: is a folder without spikes.times.npy or spike_clusters.npy. "
        "Folders that can be read: folders of ALF or Phy, NWB in Zarr."
    )


def test_arrays_of_matlab_are_listed_and_lead_to_the_example(tmp_path, command, described):
    scipy.io.savemat(tmp_path / "a.mat", {"rates": np.ones((5, 4, 20, 3)), "note": "text"})
    found = described("a.mat")
    assert found["kind"] == "matlab"
    assert found["sessions"][0]["also"] == ["array 'rates' (5 x 4 x 20 x 3)"]
    assert "array 'rates' (5 x 4 x 20 x 3)" in command("inspect", "a.mat").out
    message = command("init", "a.mat", "-o", "mine.yaml").message
    assert "Write the configuration by hand" in message
    assert "axes: [unit, condition, time, trial]" in message

"""ALF folders: named arrays of numpy, a folder a probe, a table of trials."""

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from neuro_attn import sources
from neuro_attn.errors import InputError
from neuro_attn.sources.alf import reading as alf

N_TRIALS, N_CLUSTERS = 12, 4
START = 10.0 + 2.0 * np.arange(N_TRIALS)
KEYS: dict[str, Any] = {
    "source": "alf",
    "files": "lab/Subjects/*/*/*",
    "label": {"left": "choice == 1", "right": "choice == -1"},
    "tasks": {
        "high": {"trials": "probabilityLeft == 0.8", "align": "stimOn_times"},
        "low": {"trials": "probabilityLeft == 0.2", "align": "stimOn_times"},
    },
    "regions": {"column": "acronym"},
}


def spikes(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return times and clusters of spikes in the order of time; the last cluster is silent."""
    rng = np.random.default_rng(seed)
    times = np.sort(rng.uniform(0, 40, 3000))
    return times, rng.integers(0, N_CLUSTERS - 1, len(times))


def trials() -> pd.DataFrame:
    number = np.arange(N_TRIALS)
    return pd.DataFrame(
        {
            "intervals_0": START,
            "intervals_1": START + 1.5,
            "stimOn_times": START + 0.5,
            "choice": np.where(number % 2, 1.0, -1.0),
            "probabilityLeft": np.where(number // 2 % 2, 0.8, 0.2),
        }
    )


def write_probe(folder: Path, seed: int = 0) -> None:
    folder.mkdir(parents=True)
    times, clusters = spikes(seed)
    np.save(folder / "spikes.times.npy", times)
    np.save(folder / "spikes.clusters.npy", clusters.astype(np.uint32))
    np.save(folder / "spikes.amps.npy", np.ones(len(times)))
    np.save(folder / "clusters.channels.npy", np.array([2, 0, 1, 1]))
    np.save(folder / "channels.acronym.npy", np.array(["CA1", "VISp", "MOs"]))
    np.save(folder / "channels.brainLocationIds_ccf_2017.npy", np.array([382, 385, 993]))
    np.save(folder / "channels.localCoordinates.npy", np.zeros((3, 2)))
    # The table leaves out the cluster without spikes.
    metrics = pd.DataFrame({"cluster_id": [0, 1, 2], "label": [1.0, 0.5, 1.0]})
    metrics.to_parquet(folder / "clusters.metrics.pqt")


@pytest.fixture
def session(tmp_path) -> Path:
    """Write a session of one probe; return its folder."""
    folder = tmp_path / "lab" / "Subjects" / "mouse7" / "2020-01-31" / "001"
    write_probe(folder / "alf" / "probe00")
    trials().to_parquet(folder / "alf" / "_ibl_trials.table.pqt")
    return folder


@pytest.fixture
def small(dataset):
    return lambda **keys: dataset(**{**KEYS, **keys})


def problem(folder: Path, settings: Any) -> str:
    with pytest.raises(InputError) as error:
        alf.read(folder, settings)
    return str(error.value)


# --- what is read --------------------------------------------------------------------------------


def test_clusters_are_units_with_their_spikes_and_the_region_of_their_channel(session, small):
    read = alf.read(session, small())
    times, clusters = spikes()
    assert read.session == "mouse7_2020-01-31_001"
    assert read.provenance["subject"] == "mouse7"
    assert read.units["unit_id"].tolist() == [0, 1, 2, 3]
    assert read.units["region"].tolist() == ["MOs", "CA1", "VISp", "VISp"]
    for unit, train in enumerate(read.spike_times):
        np.testing.assert_array_equal(train, times[clusters == unit])
    assert len(read.spike_times[3]) == 0


def test_channels_may_be_a_table_and_columns_n_by_1(session, small):
    probe = session / "alf" / "probe00"
    (probe / "channels.acronym.npy").unlink()
    table = pd.DataFrame({"acronym": ["CA1", "VISp", "MOs"], "depth": [1, 2, 3]})
    table.to_csv(probe / "channels.brainLocation.tsv", sep="\t", index=False)
    np.save(probe / "clusters.annotation.npy", np.array([[1], [2], [1], [2]]))
    units = alf.read(session, small(units="annotation == 2 and depth == 1")).units
    assert units["unit_id"].tolist() == [1]
    assert units["region"].tolist() == ["CA1"]


def test_ids_of_an_atlas_may_name_regions(session, small):
    column = "brainLocationIds_ccf_2017"
    settings = small(regions={"column": column, "map": {"visual": "385", "hpc": ["382"]}})
    (made,) = sources.read("small", settings, session.parents[4], 0)
    assert made["region"].values.tolist() == ["993", "hpc", "visual", "visual"]


def test_an_expression_chooses_clusters_by_their_metrics(session, small):
    assert alf.read(session, small(units="label == 1")).units["unit_id"].tolist() == [0, 2]


def test_trials_of_a_table_and_of_arrays_are_alike(session, small):
    from_table = alf.read(session, small()).trials
    (session / "alf" / "_ibl_trials.table.pqt").unlink()
    for name in ("stimOn_times", "choice", "probabilityLeft"):
        np.save(session / "alf" / f"_ibl_trials.{name}.npy", trials()[name].to_numpy()[:, None])
    intervals = trials()[["intervals_0", "intervals_1"]].to_numpy()
    np.save(session / "alf" / "_ibl_trials.intervals.npy", intervals)
    pd.testing.assert_frame_equal(from_table, alf.read(session, small()).trials, check_like=True)
    assert {"start_time", "stop_time", "trial_id"} <= set(from_table.columns)


def test_units_of_several_probes_are_told_apart(session, small):
    write_probe(session / "alf" / "probe01", seed=1)
    read = alf.read(session, small())
    assert read.units["unit_id"].tolist()[3:5] == ["alf/probe00 3", "alf/probe01 0"]
    np.testing.assert_array_equal(read.spike_times[4], spikes(1)[0][spikes(1)[1] == 0])


def test_a_data_set_of_folders_is_read_checked_and_watched(session, small):
    data = session.parents[4]
    (made,) = sources.read("small", small(), data, 0)
    assert made.sizes == {"trial": N_TRIALS, "unit": N_CLUSTERS, "time": 4}
    (outline,) = sources.outlines("small", small(), data, 0)
    assert outline["trial_id"].equals(made["trial_id"])
    assert sources.session_names("small", small(), data) == ["mouse7_2020-01-31_001"]
    names = {Path(path).name for path in sources.input_files("small", small(), data)}
    assert {"spikes.times.npy", "clusters.metrics.pqt", "_ibl_trials.table.pqt"} <= names
    assert "spikes.amps.npy" not in names


def test_the_digest_changes_with_what_is_read_only(session, small):
    def digest() -> str:
        return alf.read(session, small()).provenance["sha256"]

    before = digest()
    (session / "raw.bin").write_bytes(b"raw")
    assert digest() == before
    np.save(session / "alf" / "probe00" / "channels.acronym.npy", np.array(["CA1", "V1", "MOs"]))
    assert digest() != before


# --- what is refused -----------------------------------------------------------------------------


class Hostile:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("name", ["spikes.times.npy", "channels.acronym.npy"])
def test_pickled_objects_are_refused_and_not_run(session, small, tmp_path, name):
    path, trap = session / "alf" / "probe00" / name, tmp_path / "trap"
    np.save(path, np.array([Hostile(trap)], dtype=object), allow_pickle=True)
    assert problem(session, small()).startswith(f"{path}: is not a readable .npy file of numbers")
    path.write_bytes(pickle.dumps(Hostile(trap)))
    assert problem(session, small()).startswith(f"{path}: is not a readable .npy file of numbers")
    assert not trap.exists()


def test_a_folder_without_spikes_is_named(tmp_path, small):
    assert problem(tmp_path, small()) == (
        f"{tmp_path}: no spikes.times.npy with spikes.clusters.npy beside it."
    )


def test_a_missing_region_column_is_answered_with_those_there(session, small):
    text = problem(session, small(regions={"column": "area"}))
    assert text.startswith(f"{session / 'alf/probe00'}, clusters, regions.column: no column 'area'")
    assert {"acronym", "label"} <= set(text.split("Columns: ")[1].split(". Or")[0].split(", "))


def test_times_and_clusters_must_be_as_many(session, small):
    path = session / "alf" / "probe00" / "spikes.clusters.npy"
    np.save(path, np.zeros(7, int))
    assert problem(session, small()) == (
        f"{path}: contains 7 values for the 3000 spikes of {path.parent / 'spikes.times.npy'}. "
        "Take times and clusters of spikes from the same sorting."
    )


def test_a_cluster_that_is_not_there_is_named(session, small):
    np.save(session / "alf" / "probe00" / "spikes.clusters.npy", np.full(3000, 9))
    assert "spikes.clusters names cluster 9 of 4." in problem(session, small())


def test_trials_must_be_there_once_and_of_one_length(session, small):
    np.save(session / "alf" / "trials.choice2.npy", np.ones(3))
    text = problem(session, small())
    assert str(session / "alf" / "trials.choice2.npy") in text
    assert str(session / "alf" / "_ibl_trials.table.pqt") in text
    assert "12 rows" in text
    assert "has 3." in text
    for path in (session / "alf").glob("*trials*"):
        path.unlink()
    assert problem(session, small()).startswith(f"{session}: trials.* in 0 folders (none).")


def test_no_folder_is_answered_with_the_key(tmp_path, small):
    with pytest.raises(InputError, match=r"datasets.small.files: 'lab/.*' matches no folder in"):
        sources.input_files("small", small(), tmp_path)

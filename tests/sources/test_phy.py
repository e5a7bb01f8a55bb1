"""Folders of Phy: arrays of samples and clusters, tables of clusters, and trials beside them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuro_attn import sources
from neuro_attn.errors import InputError
from neuro_attn.sources import phy

RATE = 30_000.0
N_TRIALS = 12
PARAMS = "dat_path = 'recording.dat'\nn_channels_dat = 385\nsample_rate = 30000.\noffset = 0\n"
ARRAYS = ("spike_times.npy", "spike_clusters.npy")
LOCATED = {"region": "V4"}


def spikes() -> tuple[np.ndarray, np.ndarray]:
    """Return samples and clusters of spikes, in the order of time."""
    rng = np.random.default_rng(0)
    samples = np.sort(rng.integers(0, 40 * int(RATE), 3000))
    return samples, rng.choice([2, 5, 11], len(samples))


def trials() -> pd.DataFrame:
    number = np.arange(N_TRIALS)
    return pd.DataFrame(
        {
            "cue": 10.5 + 2.0 * number,
            "order": np.where(number % 2, "retro", "pro"),
            "side": np.where(number // 2 % 2, "right", "left"),
        }
    )


@pytest.fixture
def folder(tmp_path) -> Path:
    """Write a folder as Kilosort and Phy leave it, with a table of trials."""
    path = tmp_path / "monkey1" / "kilosort4"
    path.mkdir(parents=True)
    samples, clusters = spikes()
    np.save(path / "spike_times.npy", samples[:, None].astype(np.uint64))
    np.save(path / "spike_clusters.npy", clusters.astype(np.int32))
    (path / "params.py").write_text(PARAMS)
    (path / "cluster_group.tsv").write_text("cluster_id\tgroup\n2\tgood\n5\tnoise\n11\tgood\n")
    trials().to_csv(path / "trials.csv", index=False)
    return path


@pytest.fixture
def small(dataset):
    return lambda **keys: dataset(**{"source": "phy", "files": "*/kilosort4", **LOCATED, **keys})


def problem(folder: Path, settings: Any) -> str:
    with pytest.raises(InputError) as error:
        phy.read(folder, settings)
    return str(error.value)


def test_good_clusters_are_units_with_their_spikes_in_seconds(folder, small):
    read = phy.read(folder, small())
    samples, clusters = spikes()
    assert read.session == "monkey1"
    assert read.units["unit_id"].tolist() == [2, 11]
    assert read.units["region"].tolist() == ["V4", "V4"]
    for unit, train in zip([2, 11], read.spike_times, strict=True):
        np.testing.assert_array_equal(train, samples[clusters == unit] / RATE)
    assert read.trials["trial_id"].tolist() == list(range(1, N_TRIALS + 1))


def test_all_clusters_or_those_of_another_expression(folder, small):
    (folder / "cluster_depth.tsv").write_text("cluster_id\tdepth\n2\t100\n5\t900\n")
    assert phy.read(folder, small(units=None)).units["unit_id"].tolist() == [2, 5, 11]
    deep = small(units="group != 'noise' and depth < 500")
    assert phy.read(folder, deep).units["unit_id"].tolist() == [2]


def test_cluster_info_counts_more_than_single_tables_and_may_name_regions(folder, small):
    info = "id\tgroup\tch\tarea\n2\tgood\t3\tFEF\n5\tgood\t4\tLIP\n11\t\t5\t\n"
    (folder / "cluster_info.tsv").write_text(info)
    read = phy.read(folder, small(region=None, regions={"column": "area"}))
    assert read.units["unit_id"].tolist() == [2, 5]
    assert read.units["region"].tolist() == ["FEF", "LIP"]


def test_a_data_set_of_folders_is_read_checked_and_watched(folder, small):
    data = folder.parents[1]
    (made,) = sources.read("small", small(), data, 0)
    assert made.sizes == {"trial": N_TRIALS, "unit": 2, "time": 4}
    (outline,) = sources.outlines("small", small(), data, 0)
    assert outline["trial_id"].equals(made["trial_id"])
    assert sources.session_names("small", small(), data) == ["monkey1"]
    names = [Path(path).name for path in sources.input_files("small", small(), data)]
    assert names == [
        "cluster_group.tsv",
        "params.py",
        "spike_clusters.npy",
        "spike_times.npy",
        "trials.csv",
    ]


def test_params_are_read_and_not_executed(folder, small, tmp_path):
    trap = tmp_path / "trap"
    (folder / "params.py").write_text(f"import os\nos.mkdir({str(trap)!r})\nsample_rate = 25000\n")
    assert phy.sampling_rate(folder / "params.py") == 25000.0
    (folder / "params.py").write_text(f"sample_rate = os.mkdir({str(trap)!r}) or 25000\n")
    assert problem(folder, small()) == (
        f"{folder / 'params.py'}: no line sample_rate = NUMBER. It says how many samples are in "
        "a second."
    )
    assert not trap.exists()


@pytest.mark.parametrize("name", ["params.py", "spike_times.npy", "trials.csv"])
def test_a_missing_file_is_named(folder, small, name):
    (folder / name).unlink()
    assert problem(folder, small()) == f"{folder / name}: no such file."
    with pytest.raises(InputError, match=name):
        sources.input_files("small", small(), folder.parents[1])


@pytest.mark.parametrize("table", ["group\n1\n", "cluster_id\tgroup\n2\tgood\n2\tgood\n", ""])
def test_a_table_of_clusters_must_name_each_once(folder, small, table):
    (folder / "cluster_group.tsv").write_text(table)
    assert problem(folder, small()).startswith(f"{folder / 'cluster_group.tsv'}: ")


@pytest.mark.parametrize("number", [np.nan, -1.0, 2.5, np.inf])
def test_a_cluster_that_is_no_number_of_one_is_named(folder, small, number):
    clusters = spikes()[1].astype(float)
    clusters[7] = number
    np.save(folder / "spike_clusters.npy", clusters)
    assert problem(folder, small()) == (
        f"{folder / 'spike_clusters.npy'}: spike 7 is of cluster {number}. Must be 0, 1, 2, ..."
    )


@given(content=st.binary(max_size=300), place=st.integers(0, 300), name=st.sampled_from(ARRAYS))
@settings(
    deadline=None,
    max_examples=40,
    # The folder is written anew for each example.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_damaged_arrays_are_an_input_error_or_harmless(folder, small, content, place, name):
    path = folder / name
    good = path.read_bytes()
    try:
        for mangled in (content, good[:place], good[:place] + content + good[place:]):
            path.write_bytes(mangled)
            try:
                named = phy.read(folder, small()).origin
            except InputError as error:
                named = error.where
            assert named.startswith(str(folder))
    finally:
        path.write_bytes(good)


def test_no_cluster_that_is_kept_is_told_with_the_expression(folder, small):
    assert problem(folder, small(units="group == 'mua'")) == (
        f"{folder}, units: \"group == 'mua'\" is true on no cluster."
    )


def test_without_curation_the_default_says_what_is_missing(folder, small):
    (folder / "cluster_group.tsv").unlink()
    assert problem(folder, small()) == (
        f"{folder}, units: \"group == 'good'\": no column of the clusters 'group'. "
        "Columns: cluster_id."
    )

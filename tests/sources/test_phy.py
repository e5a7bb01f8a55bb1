"""Folders of Phy: arrays of samples and clusters, tables of clusters, and trials beside them."""

import os
import pickle
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuro_attn import sources
from neuro_attn.configuration import parse
from neuro_attn.errors import InputError
from neuro_attn.onboarding import checking, inspection
from neuro_attn.sources.phy import contents
from neuro_attn.sources.phy import files as phy_files
from neuro_attn.sources.phy import reading as phy
from neuro_attn.sources.sorting import load_array
from tests import formats, layouts
from tests.layouts import write_table

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


def test_the_subject_is_that_of_a_numbered_folder(folder, small, tmp_path):
    assert "subject" not in phy.read(folder, small()).provenance
    numbered = tmp_path / "mouse7" / "2020-01-31" / "001"
    numbered.mkdir(parents=True)
    numbered = folder.rename(numbered / "kilosort4")
    assert phy.read(numbered, small()).provenance["subject"] == "mouse7"


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


def test_cluster_info_adds_columns_and_may_name_regions(folder, small):
    info = "id\tgroup\tch\tarea\n2\tgood\t3\tFEF\n5\tnoise\t4\tLIP\n11\tgood\t5\tNA\n"
    (folder / "cluster_info.tsv").write_text(info)
    read = phy.read(folder, small(region=None, regions={"column": "area"}))
    assert read.units["unit_id"].tolist() == [2, 11]
    assert read.units["region"].tolist() == ["FEF", "NA"]
    assert phy.read(folder, small(units="ch == 4")).units["unit_id"].tolist() == [5]


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
    assert "does not give a plain positive number. The file is never executed" in problem(
        folder, small()
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
    assert problem(folder, small()).startswith(str(folder / "cluster_group.tsv"))


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
        f"{folder}, units: \"group == 'mua'\" is true on no cluster. "
        "Values of group: 'good' (2), 'noise' (1)."
    )


@pytest.mark.parametrize("groups", [None, "", "unsorted"])
def test_without_any_label_the_default_says_what_is_missing(folder, small, groups):
    (folder / "cluster_group.tsv").unlink()
    if groups is not None:
        write_table(folder, "group", dict.fromkeys((2, 5, 11), groups))
    assert problem(folder, small()).startswith(
        f"{folder}, units: no cluster_*.tsv marks clusters as good: none has a group or a "
        "KSLabel. Curate the folder in Phy and save, set units to null"
    )
    assert phy.read(folder, small(units=None)).units["unit_id"].tolist() == [2, 5, 11]


# --- params.py -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "rate"),
    [
        ("sample_rate = 30000.", 30_000.0),
        ("sample_rate=30_000", 30_000.0),
        ("  sample_rate = 3e4  # samples/s", 30_000.0),
        ("sample_rate = 30000.390639\r", 30_000.390639),
        ("sample_rate: float = 25000", 25_000.0),
        ("# sample_rate = 20000\nsample_rate = 25000", 25_000.0),
        ("sample_rate = 20000\nsample_rate = 25000", 25_000.0),
    ],
)
def test_a_sampling_rate_may_be_written_in_many_ways(tmp_path, line, rate):
    path = tmp_path / "params.py"
    path.write_text(f"offset = 0\n{line}\nsample_rates = 1\n", newline="")
    assert phy.sampling_rate(path) == rate


@pytest.mark.parametrize(
    "line",
    [
        "sample_rate = 30 * 1000",
        "sample_rate = fs",
        "sample_rate = '30000'",
        "sample_rate = 0",
        "sample_rate = -30000",
        "sample_rate = 1e999",
        "sample_rate = 1__0",
        "sample_rate = 30000\nsample_rate *= 2",
        "sample_rate = 30000\nsample_rate = sample_rate / 2",
        "sample_rates = 30000",
        "",
    ],
)
def test_a_sampling_rate_that_is_no_plain_number_is_refused(folder, small, line):
    (folder / "params.py").write_text(f"{line}\n")
    text = problem(folder, small())
    assert text.startswith(f"{folder / 'params.py'}: ")
    assert "number of samples per second" in text


# --- spike times ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.uint64, np.int32, np.float64])
@pytest.mark.parametrize("shape", [(-1,), (-1, 1), (1, -1)])
def test_samples_of_every_type_and_shape_are_the_same_times(folder, small, kind, shape):
    expected = phy.read(folder, small()).spike_times
    np.save(folder / "spike_times.npy", spikes()[0].astype(kind).reshape(shape))
    for train, other in zip(phy.read(folder, small()).spike_times, expected, strict=True):
        np.testing.assert_array_equal(train, other)


def test_times_in_seconds_need_no_sampling_rate(folder, small):
    samples, clusters = spikes()
    for name in ("spike_times.npy", "params.py"):
        (folder / name).unlink()
    np.save(folder / "spike_times_sec.npy", samples / RATE)
    read = phy.read(folder, small())
    np.testing.assert_array_equal(read.spike_times[0], samples[clusters == 2] / RATE)
    names = {Path(path).name for path in phy_files.files(folder, small())}
    assert "spike_times_sec.npy" in names
    assert not {"spike_times.npy", "params.py"} & names


def test_fractional_samples_are_refused(folder, small):
    np.save(folder / "spike_times.npy", spikes()[0] / RATE)
    text = problem(folder, small())
    assert "but sample numbers are whole" in text
    assert text.endswith("If these are times in s, rename the file to spike_times_sec.npy.")


def test_times_on_two_clocks_are_refused_and_one_can_be_chosen(folder, small):
    samples, clusters = spikes()
    np.save(folder / "spike_times_sec.npy", samples / RATE)
    before = phy.read(folder, small())
    assert before.provenance["sha256"]
    # As TPrime maps times to another stream: an offset and a drift.
    adjusted = samples / RATE * (1 + 1e-5) + 0.1
    np.save(folder / "spike_times_sec_adj.npy", adjusted)
    assert problem(folder, small()) == (
        f"{folder}, spike_times: spike_times.npy and spike_times_sec_adj.npy are on different "
        "clocks: spike times differ by up to 0.1 s. Set the key spike_times to the file on whose "
        "clock the trials are."
    )
    chosen = phy.read(folder, small(spike_times="spike_times_sec_adj.npy"))
    np.testing.assert_array_equal(chosen.spike_times[0], adjusted[clusters == 2])
    chosen = phy.read(folder, small(spike_times="spike_times.npy"))
    np.testing.assert_array_equal(chosen.spike_times[0], before.spike_times[0])
    assert (
        problem(folder, small(spike_times="other.npy")) == f"{folder / 'other.npy'}: no such file."
    )


def test_a_file_of_other_spikes_is_on_another_clock(folder, small):
    np.save(folder / "spike_times_sec.npy", np.arange(5.0))
    assert "spike times differ by up to inf s" in problem(folder, small())


# --- what Kilosort 4 leaves, and Phy -------------------------------------------------------------

SESSION = formats.planted(n_trials=40, n_units=6)
LABELS = {0: "good", 1: "good", 2: "mua", 3: "good", 4: "mua", 5: "good"}


@pytest.fixture
def kilosort4(tmp_path) -> Path:
    return layouts.write_kilosort4(tmp_path, SESSION, LABELS)


@pytest.fixture
def of_kilosort4(dataset):
    return lambda **keys: dataset(**{**layouts.PHY_KEYS, **keys})


def units_of(folder: Path, settings: Any) -> list[int]:
    return phy.read(folder, settings).units["unit_id"].tolist()


def test_output_of_kilosort_4_that_phy_has_not_saved_is_read_by_its_labels(kilosort4, of_kilosort4):
    (made,) = sources.read("small", of_kilosort4(), kilosort4.parents[1], 0)
    assert made["unit_id"].values.tolist() == [0, 1, 3, 5]
    wrong = ~np.isclose(made["rates"].values, formats.rates_of(SESSION)[:, [0, 1, 3, 5]])
    # A sample next to an edge of a bin may fall on its other side.
    assert wrong.mean() < 0.002
    assert made.attrs["remarks"].startswith(
        "No cluster was given a group in Phy; group is Kilosort's KSLabel (good: 4, mua: 2)."
    )
    assert units_of(kilosort4, of_kilosort4(units="ContamPct < 5")) == list(range(6))


def test_two_sortings_that_a_pattern_matches_are_refused(kilosort4, of_kilosort4):
    other = kilosort4.with_name("kilosort3")
    shutil.copytree(kilosort4, other)
    data = kilosort4.parents[1]
    with pytest.raises(InputError) as error:
        sources.read("small", of_kilosort4(files="*/kilosort*"), data, 0)
    assert str(error.value) == (
        f"datasets.small.files: {other} and {kilosort4} would both be the session 'monkey1'. If "
        "these are two sortings of one recording, choose one with a narrower pattern; otherwise, "
        "rename one of the folders."
    )


def test_what_kilosort_4_pickles_is_not_loaded(kilosort4, of_kilosort4, tmp_path):
    trap = tmp_path / "trap"
    (kilosort4 / "ops.npy").write_bytes(pickle.dumps(Trap(trap)))
    assert units_of(kilosort4, of_kilosort4()) == [0, 1, 3, 5]
    assert not trap.exists()


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.path),)


def test_the_templates_are_the_clusters_before_phy_has_opened_a_folder(kilosort4, of_kilosort4):
    expected = phy.read(kilosort4, of_kilosort4()).spike_times
    (kilosort4 / "spike_clusters.npy").unlink()
    found = phy.read(kilosort4, of_kilosort4()).spike_times
    for train, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(train, other)
    assert str(kilosort4 / "spike_templates.npy") in phy_files.files(kilosort4, of_kilosort4())


def test_a_folder_that_phy_saved_uncurated_is_still_read_by_the_labels(kilosort4, of_kilosort4):
    layouts.save_in_phy(kilosort4, {})
    assert units_of(kilosort4, of_kilosort4()) == [0, 1, 3, 5]
    layouts.save_in_phy(kilosort4, dict.fromkeys(range(6), "unsorted"))
    assert units_of(kilosort4, of_kilosort4()) == [0, 1, 3, 5]


def test_curated_groups_count_and_not_the_labels(kilosort4, of_kilosort4):
    groups = {0: "good", 1: "noise", 2: "good", 3: "mua", 4: "mua", 5: "noise"}
    layouts.save_in_phy(kilosort4, groups)
    read = phy.read(kilosort4, of_kilosort4())
    assert read.units["unit_id"].tolist() == [0, 2]
    assert read.remarks == []


def test_in_a_half_curated_folder_clusters_without_a_group_are_counted(kilosort4, of_kilosort4):
    layouts.save_in_phy(kilosort4, {0: "good", 1: "noise"})
    read = phy.read(kilosort4, of_kilosort4())
    assert read.units["unit_id"].tolist() == [0]
    (remark,) = read.remarks
    assert remark == (
        "4 of 6 clusters were given no group in Phy and are not good. Kilosort labels 2 of them "
        "good; to include these, set units to "
        "group == 'good' or group in ['', 'unsorted'] and KSLabel == 'good'."
    )
    as_well = remark.split("set units to ")[1].removesuffix(".")
    assert units_of(kilosort4, of_kilosort4(units=as_well)) == [0, 3, 5]
    # Without a question about groups there is nothing to say.
    assert phy.read(kilosort4, of_kilosort4(units=None)).remarks == []


@pytest.mark.parametrize("before", ["good", ""])
@pytest.mark.parametrize("after", ["mua", "unsorted", None])
def test_a_cluster_info_that_contradicts_the_groups_is_refused(
    kilosort4, of_kilosort4, before, after
):
    groups = {0: "good", 1: before, 2: "mua", 3: "mua", 4: "mua", 5: "good"}
    layouts.save_in_phy(kilosort4, groups)
    assert units_of(kilosort4, of_kilosort4()) == [0, *([1] if before else []), 5]
    changed = {**groups, 1: after} if after else {k: v for k, v in groups.items() if k != 1}
    write_table(kilosort4, "group", changed)
    if not before and after != "mua":
        # Phy shows no group and "unsorted" alike.
        assert units_of(kilosort4, of_kilosort4()) == [0, 5]
        return
    text = problem(kilosort4, of_kilosort4())
    there = "'good'" if before else "without one"
    here = "'mua'" if after == "mua" else "without one"
    assert text.startswith(
        f"{kilosort4 / 'cluster_info.tsv'}, group: cluster 1 is {there} there and {here} in "
        "cluster_group.tsv. Phy writes both when it saves: open the folder in Phy and save, or "
        "delete the file that is out of date."
    )
    (kilosort4 / "cluster_info.tsv").unlink()
    assert units_of(kilosort4, of_kilosort4()) == [0, *([1] if after == "good" else []), 5]


def test_a_cluster_info_of_another_sorting_is_refused(kilosort4, of_kilosort4):
    layouts.save_in_phy(kilosort4, dict.fromkeys(range(6), "good"))
    clusters = np.load(kilosort4 / "spike_clusters.npy")
    n_spikes = int((clusters == 3).sum())
    clusters[np.flatnonzero(clusters == 3)[:10]] = 4
    np.save(kilosort4 / "spike_clusters.npy", clusters)
    assert problem(kilosort4, of_kilosort4()).startswith(
        f"{kilosort4 / 'cluster_info.tsv'}, n_spikes: cluster 3 has {n_spikes} spikes there and "
        f"{n_spikes - 10} in spike_clusters.npy."
    )


def test_other_tables_that_contradict_each_other_are_refused(kilosort4, of_kilosort4):
    # Kilosort 4 writes its label into both files.
    write_table(kilosort4, "KSLabel", {**LABELS, 2: "good"}, name="group")
    text = problem(kilosort4, of_kilosort4())
    assert "KSLabel: cluster 2 is" in text
    assert "cluster_group.tsv" in text
    write_table(kilosort4, "KSLabel", LABELS, name="group")
    # Phy rounds numbers when it writes them.
    write_table(kilosort4, "Amplitude", dict.fromkeys(LABELS, 21.4123), name="rounded")
    assert units_of(kilosort4, of_kilosort4()) == [0, 1, 3, 5]
    write_table(kilosort4, "Amplitude", dict.fromkeys(LABELS, 33.0), name="rounded")
    assert "Amplitude: cluster 0 is 33 there and 21.4 in" in problem(kilosort4, of_kilosort4())


def merge(folder: Path, clusters: tuple[int, int], new: int) -> None:
    """Merge two clusters as Phy does, without saving its tables."""
    of_spike = np.load(folder / "spike_clusters.npy")
    of_spike[np.isin(of_spike, clusters)] = new
    np.save(folder / "spike_clusters.npy", of_spike)


def test_after_a_merge_clusters_are_those_of_the_spikes(kilosort4, of_kilosort4):
    merge(kilosort4, (0, 1), 6)
    layouts.save_in_phy(kilosort4, {6: "good", 2: "mua", 3: "good", 4: "mua", 5: "noise"})
    read = phy.read(kilosort4, of_kilosort4())
    assert read.units["unit_id"].tolist() == [3, 6]
    together = np.sort(np.concatenate(SESSION.spike_times[:2]))
    np.testing.assert_allclose(read.spike_times[1], together, atol=1 / formats.SAMPLING_RATE)
    # The labels of Kilosort's own tables still name 0 and 1.
    assert read.remarks == ["The tables name 2 clusters without a spike, which are left out: 0, 1."]
    assert units_of(kilosort4, of_kilosort4(units=None)) == [2, 3, 4, 5, 6]


def test_a_cluster_that_no_table_names_has_no_group(kilosort4, of_kilosort4):
    write_table(kilosort4, "group", dict.fromkeys(range(6), "good"))
    merge(kilosort4, (0, 1), 6)
    read = phy.read(kilosort4, of_kilosort4())
    assert read.units["unit_id"].tolist() == [2, 3, 4, 5]
    assert "1 of 5 clusters were given no group in Phy" in " ".join(read.remarks)


@pytest.mark.parametrize("cluster", ["", "x", "2.5"])
def test_a_row_without_a_cluster_is_refused(kilosort4, of_kilosort4, cluster):
    path = write_table(kilosort4, "group", {0: "good"})
    path.write_text(f"{path.read_text()}{cluster}\tgood\n")
    text = problem(kilosort4, of_kilosort4())
    assert text.startswith(f"{path}, cluster_id: row 2 ")
    assert text.endswith("Open the folder in Phy and save, or correct the row or delete it.")


def test_rows_that_are_blank_altogether_are_nothing(kilosort4, of_kilosort4):
    path = write_table(kilosort4, "group", {0: "good", 2: "mua"})
    path.write_text(f"{path.read_text()}\n\t\n\n")
    assert units_of(kilosort4, of_kilosort4()) == [0]


a_cluster = st.fixed_dictionaries(
    {
        "label": st.sampled_from(["good", "mua"]),
        "group": st.sampled_from([None, "unsorted", "good", "mua", "noise"]),
        "has_spikes": st.booleans(),
    }
)


@given(
    clusters=st.lists(a_cluster, min_size=1, max_size=8),
    is_saved=st.booleans(),
    is_labelled=st.booleans(),
)
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_units_follow_from_groups_labels_and_spikes(
    tmp_path, of_kilosort4, clusters, is_saved, is_labelled
):
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    with_spikes = [n for n, each in enumerate(clusters) if each["has_spikes"]]
    of_spike = np.repeat(with_spikes, 3).astype(np.int32)
    np.save(folder / "spike_times.npy", np.arange(len(of_spike)) * 3000)
    np.save(folder / "spike_clusters.npy", of_spike)
    (folder / "params.py").write_text("sample_rate = 30000.0\n")
    SESSION.trials.to_csv(folder / "trials.csv", index=False)
    if is_labelled:
        write_table(folder, "KSLabel", {n: each["label"] for n, each in enumerate(clusters)})
    if is_saved:
        groups = {n: each["group"] for n, each in enumerate(clusters) if each["group"]}
        write_table(folder, "group", groups)
    curated = [is_saved and clusters[n]["group"] not in (None, "unsorted") for n in with_spikes]
    if any(curated):
        expected = [n for n in with_spikes if clusters[n]["group"] == "good"]
    else:
        expected = [n for n in with_spikes if is_labelled and clusters[n]["label"] == "good"]
    if not expected:
        assert problem(folder, of_kilosort4()).startswith(f"{folder}, units: ")
        return
    read = phy.read(folder, of_kilosort4())
    assert read.units["unit_id"].tolist() == expected
    # `inspect` shows the units of a run.
    shown = contents.read(str(folder))
    assert shown.units["unit_id"].tolist() == expected
    assert shown.remarks == read.remarks
    n_left = len(with_spikes) - sum(curated)
    counted = f"{n_left} of {len(with_spikes)} clusters were given no group"
    assert any(counted in each for each in read.remarks) == (any(curated) and n_left > 0)


def test_an_array_that_python_2_wrote_is_read_without_a_warning(folder):
    path = folder / "spike_clusters.npy"
    header, values = path.read_bytes()[:128], path.read_bytes()[128:]
    assert b"'shape': (" in header
    old = re.sub(rb"\((\d+),\), }  ", rb"(\1L,), } ", header)
    assert len(old) == 128
    assert old != header
    before = load_array(path)
    path.write_bytes(old + values)
    np.testing.assert_array_equal(load_array(path), before)


@pytest.mark.parametrize("folder_of_files", ["kilosort4", "sorting/kilosort4"])
def test_the_folder_above_that_of_the_sorter_is_answered_with_it(folder_of_files, tmp_path):
    keys = formats.write("phy", tmp_path / "data", formats.planted(n_trials=24, n_units=3))
    place = tmp_path / "data/planted" / folder_of_files
    (tmp_path / "data/planted").rename(tmp_path / "moved")
    place.parent.mkdir(parents=True)
    (tmp_path / "moved").rename(place)
    above = tmp_path / "data/planted"
    message = (
        f"{above}: contains no spike_clusters.npy; the folder {folder_of_files} in it does. Name "
        f"that folder: {place}."
    )
    configuration = parse({"datasets": {"planted": keys}})
    with pytest.raises(InputError) as error:
        sources.input_files("planted", configuration.datasets["planted"], tmp_path / "data")
    assert str(error.value) == message
    (report,) = checking.examine(configuration, tmp_path / "data")
    assert list(map(str, report.problems)) == [message]
    with pytest.raises(InputError) as error:
        inspection.describe([str(above)])
    assert str(error.value) == message

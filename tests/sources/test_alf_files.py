"""Which files of an ALF folder are read: one sorting of each probe, the newest revisions."""

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
from neuro_attn.sources.alf import files as alf_files
from neuro_attn.sources.alf import reading as alf
from neuro_attn.sources.alf.files import newest
from neuro_attn.sources.sorting import check_distinct, column
from tests import formats, layouts

N_UNITS = 10
SESSION = formats.planted(n_trials=40, n_units=N_UNITS)


def dataset_of(**keys: Any) -> Any:
    return parse({"datasets": {"planted": {**layouts.ALF_KEYS, **keys}}}).datasets["planted"]


def read(folder: Path, **keys: Any) -> Any:
    (made,) = sources.read("planted", dataset_of(**keys), folder, 0)
    return made


def problem(folder: Path, **keys: Any) -> str:
    """Return the one message, which the listing of files, outlines and a run share."""
    dataset = dataset_of(**keys)
    said = set()
    with pytest.raises(InputError) as error:
        sources.read("planted", dataset, folder, 0)
    said.add(str(error.value))
    (outline,) = sources.outlines("planted", dataset, folder, 0)
    assert isinstance(outline, InputError)
    said.add(str(outline))
    assert len(said) == 1
    return said.pop()


def assert_planted(made: Any) -> None:
    np.testing.assert_allclose(made["rates"].values, formats.rates_of(SESSION), atol=1e-3)


# --- one sorting a probe -------------------------------------------------------------------------

TWICE = [
    ("alf/probe00/iblsorter", "alf/probe00/pykilosort"),
    ("alf/probe00", "alf/probe00/pykilosort"),
    ("alf/probe00", "alf/probe00/some/sorter"),
    ("alf/iblsorter/probe00", "alf/pykilosort/probe00"),
    ("alf/iblsorter", "alf/pykilosort"),
    ("alf", "alf/kilosort2.5"),
    ("probe_left/kilosort3", "probe_left/kilosort4"),
    ("imec0/mine", "imec0/yours"),
    ("spike_sorters/ks2_matlab/probe00", "alf/probe00/pykilosort"),
    ("left/kilosort3", "left/kilosort4"),
]


@pytest.mark.parametrize("places", TWICE, ids="+".join)
def test_a_probe_sorted_twice_is_refused_and_one_can_be_chosen(places, tmp_path):
    root = layouts.write_alf(tmp_path, SESSION, *places)
    text = problem(tmp_path)
    assert text.startswith(f"{root}: a probe was sorted 2 times: ")
    assert text.endswith("Set the key sorting to the one to read.")
    for place in places:
        name = text.split(f"{place} (sorting: ")[1].split(")")[0]
        made = read(tmp_path, sorting=name)
        assert made.sizes["unit"] == N_UNITS
        files = sources.input_files("planted", dataset_of(sorting=name), tmp_path)
        spikes = [Path(file).parent for file in files if Path(file).name == "spikes.times.npy"]
        assert spikes == [root / place]
    with pytest.raises(InputError, match="sorted 2 times"):
        sources.input_files("planted", dataset_of(), tmp_path)


def test_the_first_sorting_of_a_list_that_a_probe_has_is_read(tmp_path):
    places = ("alf/probe00/iblsorter", "alf/probe00/pykilosort", "alf/probe01/pykilosort")
    root = layouts.write_alf(tmp_path, SESSION, *places[:2])
    other = formats.planted(n_trials=40, n_units=N_UNITS, seed=1)
    layouts.write_sorting(root / places[2], other)
    text = problem(tmp_path, sorting="iblsorter")
    assert "a probe has no sorting named 'iblsorter'. It has alf/probe01/pykilosort" in text
    units = alf.read(root, dataset_of(sorting=["iblsorter", "pykilosort"])).units
    assert [*units["probe"].unique()] == ["alf/probe00/iblsorter", "alf/probe01/pykilosort"]
    assert len(units) == 2 * N_UNITS


@pytest.mark.parametrize("places", [("mine", "yours"), ("a/b/c", "d")])
def test_sortings_that_no_name_gives_away_are_told_by_their_spikes(places, tmp_path):
    layouts.write_alf(tmp_path, SESSION, *places)
    text = problem(tmp_path)
    assert f"{places[0]} and {places[1]} contain the same spikes" in text
    assert "move one of them out of the folder" in text


def test_a_sorting_above_a_probe_cannot_be_chosen_and_is_refused(tmp_path):
    root = layouts.write_alf(tmp_path, SESSION, ".", "alf/probe00")
    assert problem(tmp_path).startswith(
        f"{root / 'alf/probe00'}: contains spikes, and so does {root}, a folder above it."
    )


@pytest.mark.parametrize(
    "places",
    [
        ("alf/probe00", "alf/probe01"),
        ("alf/probe00/pykilosort", "alf/probe01/pykilosort"),
        ("alf/pykilosort/probe00", "alf/pykilosort/probe01"),
        ("probe00/shank0", "probe00/shank1"),
        ("run_g0/run_g0_imec0/ks4", "run_g0/run_g0_imec1/ks4"),
        ("A1", "V1"),
    ],
    ids="+".join,
)
def test_two_probes_are_two(places, tmp_path):
    root = layouts.write_alf(tmp_path, SESSION, places[0])
    other = formats.planted(n_trials=40, n_units=N_UNITS, seed=1)
    layouts.write_sorting(root / places[1], other)
    made = read(tmp_path)
    assert made.sizes["unit"] == 2 * N_UNITS
    np.testing.assert_allclose(made["rates"].values[:, :N_UNITS], formats.rates_of(SESSION))
    np.testing.assert_allclose(made["rates"].values[:, N_UNITS:], formats.rates_of(other))


@pytest.mark.parametrize("rate", [20.0, 2000.0])
def test_spikes_shared_by_chance_or_by_the_task_are_no_second_sorting(rate):
    # Both probes fire in bursts of 20 ms at the same events. Over 30 seeds the shared part is 0.01
    # (SD 0.002) and 0.07 (SD 0.012) at these rates; 0.3 is 19 SD away.
    rng = np.random.default_rng(0)
    bursts = np.repeat(np.arange(0, 100, 0.5), rng.poisson(0.25 * rate, 200))
    found = [
        np.concatenate(
            [rng.uniform(0, 100, int(50 * rate)), bursts + rng.uniform(0, 0.02, len(bursts))]
        )
        for _ in range(2)
    ]
    check_distinct([("one", found[0]), ("other", found[1])], "session")
    again = found[0][rng.random(len(found[0])) < 0.6] + 0.0007
    with pytest.raises(InputError, match="contain the same spikes"):
        check_distinct([("one", found[0]), ("other", again)], "session")


# --- revisions -----------------------------------------------------------------------------------


def test_the_newest_revision_of_each_file_is_read(tmp_path):
    root = layouts.write_alf_with_revisions(tmp_path, SESSION)
    assert_planted(read(tmp_path))
    place = root / "alf" / "probe00" / "pykilosort"
    files = {Path(f).relative_to(root).as_posix() for f in alf_files.files(root, dataset_of())}
    assert files == {
        "alf/#2024-05-06#/_ibl_trials.table.pqt",
        "alf/probe00/pykilosort/#2024-04-01#/channels.acronym.npy",
        "alf/probe00/pykilosort/#2024-04-01#/clusters.channels.npy",
        "alf/probe00/pykilosort/#2024-05-06#/spikes.times.npy",
        "alf/probe00/pykilosort/clusters.metrics.pqt",
        "alf/probe00/pykilosort/spikes.clusters.npy",
    }
    provenance = alf.read(root, dataset_of()).provenance
    assert provenance["revisions"] == "none, 2024-04-01, 2024-05-06"
    (place / "#2023-01-01#" / "spikes.times.npy").unlink()
    assert alf.read(root, dataset_of()).provenance == provenance
    np.save(place / "#2024-05-06#" / "spikes.times.npy", layouts.spikes_of(SESSION)[0] + 1e-9)
    assert alf.read(root, dataset_of()).provenance["sha256"] != provenance["sha256"]


labels = st.text("0123456789abAB.-_", min_size=1, max_size=6)


@given(st.lists(labels, unique=True, max_size=6), st.booleans())
@settings(max_examples=50)
def test_the_revision_is_the_last_in_the_order_of_text(tmp_path_factory, names, without):
    folder = tmp_path_factory.mktemp("revisions")
    files = [folder / "alf" / f"#{name}#" / "trials.choice.npy" for name in names]
    files += [folder / "alf" / "trials.choice.npy"] if without else []
    for file in files:
        layouts.save(file, np.ones(3))
    found = newest(folder, "trials")
    # This is ONE's rule: sorted(revisions, reverse=True)[0], "" where there is none.
    expected = sorted([*names, *([""] if without else [])], reverse=True)
    assert len(found) == bool(expected)
    for place, (file,) in found.items():
        assert place == folder / "alf"
        assert file.revision == expected[0]


revision_of = st.dictionaries(
    st.sampled_from(["clusters.depth", "clusters.quality", "channels.acronym"]),
    st.lists(st.sampled_from(["", "#1#", "#10#", "#2#", "#a#"]), min_size=1, unique=True),
    min_size=3,
)


@given(revision_of)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_file_comes_from_its_own_newest_revision(tmp_path, there):
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    place = layouts.write_alf(folder, SESSION, "alf/probe00") / "alf" / "probe00"
    (place / "channels.acronym.npy").unlink()
    order = ["", "#1#", "#10#", "#2#", "#a#"]
    for name, folders in there.items():
        for each in folders:
            number = order.index(each)
            values = np.full(layouts.N_CHANNELS, str(number))
            if name != "channels.acronym":
                values = np.full(N_UNITS, number)
            layouts.save(place / each / f"{name}.npy", values)
    last = {name: max(map(order.index, folders)) for name, folders in there.items()}
    units = f"depth == {last['clusters.depth']} and quality == {last['clusters.quality']}"
    made = read(folder, units=units)
    assert made["region"].values.tolist() == [str(last["channels.acronym"])] * N_UNITS


def test_two_sortings_of_which_one_has_revisions_are_two_still(tmp_path):
    places = ("alf/probe00/pykilosort/#2024-03-22#", "alf/probe00/iblsorter")
    layouts.write_alf(tmp_path, SESSION, *places)
    assert "alf/probe00/pykilosort (sorting: pykilosort)" in problem(tmp_path)


@pytest.mark.parametrize(
    ("newer", "values", "said"),
    [
        ("spikes.times.npy", np.arange(9.0), "values for the 9 spikes of"),
        ("clusters.channels.npy", np.arange(3), "has 3"),
        ("clusters.channels.npy", np.arange(N_UNITS) + 400, "names channel 400; there are 384"),
        ("channels.depth.npy", np.arange(5), "has 384"),
    ],
)
def test_revisions_that_do_not_fit_together_are_refused(newer, values, said, tmp_path):
    place = layouts.write_alf(tmp_path, SESSION, "alf/probe00") / "alf" / "probe00"
    layouts.save(place / "clusters.depths.npy", np.arange(N_UNITS))
    assert_planted(read(tmp_path))
    layouts.save(place / "#2024-05-06#" / newer, values)
    text = problem(tmp_path)
    assert said in text
    assert str(place / "#2024-05-06#" / newer) in text


def test_a_table_that_names_clusters_beyond_the_arrays_is_refused(tmp_path):
    place = layouts.write_alf(tmp_path, SESSION, "alf/probe00") / "alf" / "probe00"
    metrics = pd.DataFrame({"cluster_id": np.arange(25), "label": 1.0})
    layouts.save(place / "#2024-05-06#" / "clusters.metrics.pqt", metrics)
    assert "names cluster 24; " in problem(tmp_path)


def test_trials_of_revisions_with_other_rows_name_both_files(tmp_path):
    root = layouts.write_alf(tmp_path, SESSION, "alf/probe00")
    newer = root / "alf" / "#2025#" / "_ibl_trials.goCue_times.npy"
    layouts.save(newer, np.arange(7.0))
    table = root / "alf" / "_ibl_trials.table.pqt"
    assert problem(tmp_path) == (
        f"{table}: has 40 rows; {newer} has 7. Files of one object must have the same rows; move "
        "away revisions of other rows."
    )


def test_of_a_column_in_two_files_the_newer_counts_and_a_difference_is_refused(tmp_path):
    root = layouts.write_alf(tmp_path, SESSION, "alf/probe00")
    cue = SESSION.trials["cue"].to_numpy()
    layouts.save(root / "alf" / "_ibl_trials.cue.npy", cue)
    assert_planted(read(tmp_path))
    layouts.save(root / "alf" / "_ibl_trials.cue.npy", cue + 0.5)
    assert "differs from cue in" in problem(tmp_path)
    layouts.save(root / "alf" / "#2024-05-06#" / "_ibl_trials.table.pqt", SESSION.trials)
    assert_planted(read(tmp_path))


def test_a_folder_below_a_revision_is_refused(tmp_path):
    root = layouts.write_alf(tmp_path, SESSION, "alf/#2024-05-06#/probe00")
    text = problem(tmp_path)
    assert str(root / "alf" / "#2024-05-06#" / "probe00") in text
    assert "move the revision to the end" in text


def test_two_names_of_one_attribute_are_refused(tmp_path):
    root = layouts.write_alf(tmp_path, SESSION, "alf/probe00")
    for name in ("_ibl_trials.speed.npy", "trials.speed.npy"):
        layouts.save(root / "alf" / name, np.ones(40))
    text = problem(tmp_path)
    assert "trials.speed.npy: is trials.speed, and so is _ibl_trials.speed.npy" in text


# --- the release of Steinmetz et al. (2019) ------------------------------------------------------


def steinmetz(**keys: Any) -> Any:
    keys = {**layouts.STEINMETZ_KEYS, **keys}
    return parse({"datasets": {"planted": keys}}).datasets["planted"]


def read_steinmetz(folder: Path, **keys: Any) -> Any:
    (made,) = sources.read("planted", steinmetz(**keys), folder, 0)
    return made


def test_the_release_of_steinmetz_2019_is_read_with_its_regions(tmp_path):
    regions = ["VISp"] * 5 + ["CA1"] * 5
    session = formats.planted(n_trials=40, n_units=N_UNITS)
    session.regions[:] = regions
    root = layouts.write_steinmetz(tmp_path, session)
    made = read_steinmetz(tmp_path)
    np.testing.assert_allclose(made["rates"].values, formats.rates_of(SESSION), atol=1e-3)
    assert made["region"].values.tolist() == regions
    assert made["unit_probe"].values.tolist() == ["0", "1"] * 5
    # Nothing but its type says that a channel counts from 1, so it is said.
    assert (
        "The channels in clusters.peakChannel are taken as numbered from 1" in made.attrs["remarks"]
    )
    np.save(root / "clusters._phy_annotation.npy", np.repeat([2, 3, 1, 2, 0], 2)[:, None])
    kept = read_steinmetz(tmp_path)
    assert kept["unit_id"].values.tolist() == [0, 1, 2, 3, 6, 7]


@pytest.mark.parametrize(
    ("peaks", "first"),
    [
        (np.arange(N_UNITS), 0),
        (np.arange(N_UNITS) * 1.0, 0),
        (N_UNITS - np.arange(N_UNITS), 1),
        (np.arange(N_UNITS) * 0.0 + 4, 1),
        (np.arange(N_UNITS) * 0 + 4, None),
    ],
)
def test_what_peak_channels_count_from_follows_from_the_numbers(peaks, first, tmp_path):
    session = formats.planted(n_trials=40, n_units=N_UNITS)
    root = layouts.write_steinmetz(tmp_path, session)
    located = pd.DataFrame({"allen_ontology": [f"r{n}" for n in range(N_UNITS)]})
    layouts.save(root / "channels.brainLocation.tsv", located)
    for name in ("probe", "sitePositions"):
        (root / f"channels.{name}.npy").unlink()
    np.save(root / "clusters.peakChannel.npy", peaks)
    if first is None:
        with pytest.raises(InputError) as error:
            read_steinmetz(tmp_path)
        assert str(error.value) == (
            f"{root / 'clusters.peakChannel.npy'}: channels 4 to 4 of 10 may be numbered from 0 "
            "or from 1. Set the key first_channel to 0 or 1."
        )
    for each in (0, 1) if first is None else (first,):
        given_first = {"first_channel": each} if first is None else {}
        regions = read_steinmetz(tmp_path, **given_first)["region"].values.tolist()
        assert regions == [f"r{int(peak) - each}" for peak in peaks]


def test_peak_channels_after_the_last_have_no_region_and_are_counted(tmp_path):
    session = formats.planted(n_trials=40, n_units=N_UNITS)
    root = layouts.write_steinmetz(tmp_path, session)
    peaks = np.load(root / "clusters.peakChannel.npy")
    peaks[3] = layouts.N_CHANNELS + 5.0
    peaks[4] = np.nan
    np.save(root / "clusters.peakChannel.npy", peaks)
    made = read_steinmetz(tmp_path)
    assert made["unit_id"].values.tolist() == [0, 1, 2, 5, 6, 7, 8, 9]
    assert "1 of 10 clusters lie on channels after the last of 384" in made.attrs["remarks"]


@pytest.mark.parametrize(
    ("peaks", "keys", "said"),
    [
        (np.arange(N_UNITS) + 0.5, {}, "channels must be whole numbers"),
        (np.array(["a"] * N_UNITS), {}, "channels must be whole numbers"),
        (
            np.arange(N_UNITS),
            {"first_channel": 1},
            "names channel 0; there are 384, numbered from 1",
        ),
    ],
)
def test_peak_channels_that_are_none_are_refused(peaks, keys, said, tmp_path):
    root = layouts.write_steinmetz(tmp_path, formats.planted(n_trials=40, n_units=N_UNITS))
    np.save(root / "clusters.peakChannel.npy", peaks)
    with pytest.raises(InputError, match=said) as error:
        read_steinmetz(tmp_path, **keys)
    assert error.value.where == str(root / "clusters.peakChannel.npy")


# --- regions and metrics --------------------------------------------------------------------------


def test_units_without_a_region_are_left_out_and_words_are_names(tmp_path):
    place = layouts.write_alf(tmp_path, SESSION, "alf/probe00") / "alf" / "probe00"
    (place / "channels.acronym.npy").unlink()
    acronym = ["CA1", "", "NaN", "none", "VISp"] + [""] * 5
    table = pd.DataFrame({"depth": np.arange(10), "acronym": acronym})
    layouts.save(place / "channels.brainLocation.tsv", table)
    layouts.save(place / "clusters.channels.npy", np.arange(N_UNITS))
    made = read(tmp_path)
    assert made["region"].values.tolist() == ["CA1", "NaN", "none", "VISp"]
    assert made.attrs["n_units_without_region"] == 6
    ids = np.where(np.arange(10) < 4, 385.0, np.nan)
    layouts.save(place / "channels.brainLocationIds_ccf_2017.npy", ids)
    made = read(tmp_path, regions={"column": "brainLocationIds_ccf_2017"})
    assert made["region"].values.tolist() == ["385"] * 4


@pytest.mark.parametrize("as_index", [True, False])
def test_metrics_belong_to_the_clusters_that_they_name(as_index, tmp_path):
    place = layouts.write_alf(tmp_path, SESSION, "alf/probe00") / "alf" / "probe00"
    metrics = pd.DataFrame({"cluster_id": [7, 2, 9], "label": [1.0, 0.5, 1.0]})
    layouts.save(
        place / "clusters.metrics.pqt", metrics.set_index("cluster_id") if as_index else metrics
    )
    assert read(tmp_path, units="label == 1")["unit_id"].values.tolist() == [7, 9]


# --- shapes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(-1,), (-1, 1), (1, -1)])
def test_columns_may_be_written_as_matlab_writes_them(shape, tmp_path):
    root = layouts.write_alf(tmp_path, SESSION, "alf/probe00")
    expected = read(tmp_path)
    trials = root / "alf"
    table = pd.read_parquet(trials / "_ibl_trials.table.pqt")
    for name in table:
        layouts.save(trials / f"_ibl_trials.{name}.npy", table[name].to_numpy())
    (trials / "_ibl_trials.table.pqt").unlink()
    for path in (trials / "_ibl_trials.side.npy", trials / "_ibl_trials.order.npy"):
        np.save(path, table[path.stem.split(".")[1]].to_numpy().astype("S8"))
    for path in root.rglob("*.npy"):
        np.save(path, np.load(path, allow_pickle=False).reshape(shape))
    made = read(tmp_path)
    np.testing.assert_array_equal(made["rates"], expected["rates"])
    for name in ("region", "label", "task"):
        assert made[name].values.tolist() == expected[name].values.tolist()


def test_one_row_of_several_values_is_one_row():
    waveform = np.zeros((1, 82))
    assert column(waveform, 1).shape == (1, 82)
    assert column(waveform).shape == (82,)
    assert column(np.zeros((1, 1)), 1).shape == (1,)
    assert column(np.zeros((5, 2))).shape == (5, 2)

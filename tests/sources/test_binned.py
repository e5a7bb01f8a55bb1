"""Binned data of NDT and NeuroDecodeR: what is decoded are bins of the file that do not overlap."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn import sources
from neuro_attn.errors import InputError
from neuro_attn.sources.binned import files as binned_files
from neuro_attn.sources.binned import reading as binned
from neuro_attn.sources.raster import reading as raster
from tests.matlab_files import write_hdf5, write_older

SITES, TRIALS, EVENT = 3, 12, 101
WIDTH, EVERY, N_BINS = 150, 50, 10
"""Bins in samples; the first begins 100 samples before the event."""
KEYS: dict[str, Any] = {
    "source": "binned",
    "files": "*",
    "tasks": {name: {"trials": f"order == '{name}'"} for name in ("pro", "retro")},
    "time": {"start": -0.1, "stop": 0.5, "bin": 0.15},
    "windows": {"late": [0.2, 0.5]},
    "decoding": {"population": "pseudopopulation"},
}


def means(site: int) -> np.ndarray:
    """Return spikes a sample of a site; each has its own number of trials."""
    return np.random.default_rng(site).integers(0, 20, (TRIALS + site, N_BINS)) / WIDTH


def labels(site: int) -> dict[str, list[str]]:
    rows = range(TRIALS + site)
    return {
        "side": [("left", "right")[row % 2] for row in rows],
        "order": [("pro", "retro")[row // 2 % 2] for row in rows],
    }


def variables(**changed: Any) -> dict[str, Any]:
    """Return the variables of a file as the toolbox writes them; None leaves one out."""
    parameters = {"bin_width": float(WIDTH), "sampling_interval": float(EVERY)}
    whole = {
        "binned_data": [means(site) for site in range(SITES)],
        "binned_labels": {
            name: [labels(site)[name] for site in range(SITES)] for name in ("side", "order")
        },
        "binned_site_info": {
            "alignment_event_time": np.full((SITES, 1), float(EVENT)),
            "brain_area": ["V4", "FEF", "V4"],
            "binning_parameters": parameters,
        },
    }
    return {key: value for key, value in {**whole, **changed}.items() if value is not None}


def site_info(**changed: Any) -> dict[str, Any]:
    info = {**variables()["binned_site_info"], **changed}
    return {"binned_site_info": {k: v for k, v in info.items() if v is not None}}


def parameters(**changed: Any) -> dict[str, Any]:
    return site_info(binning_parameters={k: np.asarray(v, float) for k, v in changed.items()})


def write_csv(path: Path, sites: int = SITES) -> None:
    tables = []
    for site in range(sites):
        starts = 1 - EVENT + EVERY * np.arange(N_BINS)
        table = pd.DataFrame(means(site), columns=[f"time.{s}_{s + WIDTH}" for s in starts])
        for name, values in labels(site).items():
            table.insert(0, f"labels.{name}", values)
        table.insert(0, "site_info.brain_area", ["V4", "FEF", "V4"][site])
        table.insert(0, "siteID", site + 1)
        tables.append(table)
    pd.concat(tables).to_csv(path, index=False)


@pytest.fixture(params=["version 5", "version 7.3", "csv"])
def path(request, tmp_path) -> Path:
    """A file of each kind with the same content."""
    if request.param == "csv":
        write_csv(tmp_path / "ZD.csv")
        return tmp_path / "ZD.csv"
    write = write_older if request.param == "version 5" else write_hdf5
    write(tmp_path / "ZD.mat", variables())
    return tmp_path / "ZD.mat"


@pytest.fixture
def write(tmp_path) -> Callable[..., Path]:
    """Write a .mat file with some variables changed."""

    def write(**changed: Any) -> Path:
        write_older(tmp_path / "ZD.mat", variables(**changed))
        return tmp_path / "ZD.mat"

    return write


@pytest.fixture
def made_with(dataset) -> Callable[..., Any]:
    return lambda **keys: dataset(**{**KEYS, **keys})


def read(path: Path, settings: Any) -> list:
    return sources.read("small", settings, path.parent, 0)


def problem(path: Path, settings: Any) -> str:
    with pytest.raises(InputError) as error:
        read(path, settings)
    return str(error.value)


# --- what is read --------------------------------------------------------------------------------


def test_each_site_is_a_session_with_its_own_trials_and_rates(path, made_with):
    settings = made_with()
    made = read(path, settings)
    names = ["ZD-site1", "ZD-site2", "ZD-site3"]
    assert [each.attrs["session"] for each in made] == names
    assert sources.session_names("small", settings, path.parent) == names
    assert [each["region"].item() for each in made] == ["V4", "FEF", "V4"]
    for site, each in enumerate(made):
        # Bins 1, 4, 7 and 10 of the file follow each other; spikes a sample become spikes/s.
        expected = means(site)[:, [0, 3, 6, 9]] * 1000
        np.testing.assert_allclose(each["rates"].values[:, 0], expected, rtol=1e-6)
        assert each["label"].values.tolist() == labels(site)["side"]
        assert each["trial_id"].values.tolist() == list(range(1, TRIALS + site + 1))
    outlines = list(sources.outlines("small", settings, path.parent, 0))
    assert [each.sizes["trial"] for each in outlines] == [12, 13, 14]


def test_wider_bins_are_averages_of_bins_that_follow_each_other(path, made_with):
    wide = {"start": -0.1, "stop": 0.5, "bin": 0.3}
    for site, each in enumerate(read(path, made_with(time=wide))):
        rates = means(site)[:, [0, 3, 6, 9]].reshape(-1, 2, 2).mean(axis=2) * 1000
        np.testing.assert_allclose(each["rates"].values[:, 0], rates, rtol=1e-6)


@pytest.mark.parametrize(
    ("values", "factor"), [("rates", 1.0), ("counts", 1 / 0.15), ("other", 1.0)]
)
def test_values_that_are_no_means(path, made_with, values, factor):
    made = read(path, made_with(values=values))[0]
    expected = means(0)[:, [0, 3, 6, 9]] * factor
    np.testing.assert_allclose(made["rates"].values[:, 0], expected, rtol=1e-6)
    assert made["rates"].attrs["units"] == ("a.u." if values == "other" else "spikes/s")


def test_sites_recorded_together_are_one_session(write, made_with):
    same = {name: [labels(0)[name]] * SITES for name in ("side", "order")}
    data = [means(site)[:TRIALS] for site in range(SITES)]
    path = write(binned_data=data, binned_labels=same)
    settings = made_with(simultaneous=True)
    (made,) = read(path, settings)
    assert (made.attrs["session"], made.sizes["unit"]) == ("ZD", SITES)
    assert sources.session_names("small", settings, path.parent) == ["ZD"]
    assert problem(write(), settings).startswith(
        f"{path}, site 2: has different trials from site 1. "
    )


def test_each_site_may_have_its_own_event(write, made_with):
    events = EVENT + EVERY * np.array([[0.0], [1.0], [2.0]])
    time = {"start": 0.0, "stop": 0.15, "bin": 0.15}
    path = write(**site_info(alignment_event_time=events))
    for site, made in enumerate(read(path, made_with(time=time, windows={"all": [0, 0.15]}))):
        expected = means(site)[:, [2 + site]] * 1000
        np.testing.assert_allclose(made["rates"].values[:, 0], expected, rtol=1e-6)


def test_the_key_event_sample_wins_over_the_file(write, made_with):
    time = {"start": 0.0, "stop": 0.45, "bin": 0.15}
    settings = made_with(event_sample=51, time=time, windows={"all": [0, 0.45]})
    made = read(write(), settings)
    np.testing.assert_allclose(made[0]["rates"].values[:, 0], means(0)[:, [1, 4, 7]] * 1000, 1e-6)


def test_bins_with_starts_and_widths_of_their_own(write, made_with):
    """Of bins that begin together, that is taken which is asked for."""
    starts = [1, 51, 101, 151, 101]
    path = write(
        binned_data=[means(site)[:, :5] for site in range(SITES)],
        **parameters(bin_width=[50, 50, 50, 50, 100], sampling_interval=starts),
    )
    narrow = made_with(time={"start": 0.0, "stop": 0.1, "bin": 0.05}, windows={"all": [0, 0.1]})
    wide = made_with(time={"start": 0.0, "stop": 0.1, "bin": 0.1}, windows={"all": [0, 0.1]})
    for asked, bins in ((narrow, [2, 3]), (wide, [4])):
        expected = means(0)[:, bins] * 1000
        np.testing.assert_allclose(read(path, asked)[0]["rates"].values[:, 0], expected, 1e-6)


@settings(max_examples=60)
@given(
    width=st.integers(1, 200),
    every=st.integers(1, 200),
    n_bins=st.integers(1, 30),
    event=st.integers(-100, 2000),
)
def test_the_bins_that_are_proposed_are_bins_of_the_file_without_overlap(
    width, every, n_bins, event
):
    starts = 1.0 + every * np.arange(n_bins) - event
    edges = np.array([starts, starts + width])
    start, stop, found = binned.chain(edges)
    assert found == width
    n = round((stop - start) / width)
    assert n >= 1
    assert stop - start == pytest.approx(n * width)
    assert all(start + k * width in starts for k in range(n))
    assert binned.overlap(edges) == (max(width - every, 0) if n_bins > 1 else 0)


# --- what is refused -----------------------------------------------------------------------------


def test_overlapping_bins_are_refused_with_those_that_do_not_overlap(path, made_with):
    text = problem(path, made_with(time={"start": -0.1, "stop": 0.5, "bin": 0.05}))
    assert text == (
        f"{path}, site 1: time has a bin from -0.1 to -0.05 s, which is neither a bin of the file "
        "nor a union of contiguous ones. Its bins are 0.15 s wide and adjacent bins share "
        "0.1 s of spikes. Without overlap: time: {start: 0, stop: 0.45, bin: 0.15}, any "
        "part of it, or multiples of the width."
    )


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"binned_data": None}, ": has no variable binned_data. In binned data of the NDT, it has"),
        ({"binned_labels": None}, ", binned_labels, site 1: the struct with the labels"),
        ({"binned_data": [means(0), means(1)]}, ", binned_labels.side: 3 elements for 2 sites."),
        (
            {"binned_data": [means(0)[1:], means(1), means(2)]},
            ", binned_labels, site 1.side: 12 labels for 11 trials.",
        ),
        ({"binned_data": ["a", "b", "c"]}, ", binned_data, site 1: shape (), type <U1. Must be"),
        (
            {"binned_site_info": None},
            ", binned_site_info.binning_parameters: does not give bin_width and sampling_interval.",
        ),
        (
            parameters(bin_width=150, sampling_interval=[1, 51]),
            ", binned_site_info.binning_parameters: gives 2 bins; binned_data has 10.",
        ),
        (
            site_info(alignment_event_time=None),
            ", binned_site_info.alignment_event_time: the file does not give the sample of the "
            "event. Set the key event_sample.",
        ),
        (
            site_info(alignment_event_time=["soon"] * 3),
            ", binned_site_info.alignment_event_time: sample soon. Must be a number.",
        ),
        (
            site_info(alignment_event_time=[np.zeros(5_000)] * 3),
            ", binned_site_info.alignment_event_time: sample 5,000 values, checksum ",
        ),
    ],
)
def test_parts_that_are_missing_or_do_not_fit_are_named(write, made_with, changed, expected):
    path = write(**changed)
    assert problem(path, made_with()).startswith(f"{path}{expected}")


@pytest.mark.parametrize(
    ("change", "values", "remedy"),
    [
        (lambda x: x - 0.1, "means", "set values: other."),
        (lambda x: x - 0.1, "rates", "set values: other."),
        (lambda x: np.round(x * WIDTH), "means", "For spikes per bin, set values: "),
        (lambda x: x * 1000, "means", "for spikes/s, rates;"),
    ],
)
def test_values_that_cannot_be_what_was_given_lead_to_the_right_key(
    write, made_with, change, values, remedy
):
    path = write(binned_data=[change(means(site)) for site in range(SITES)])
    text = problem(path, made_with(values=values))
    assert f"values: {values} was given, but" in text
    assert remedy in text


def test_rasters_and_binned_data_point_to_each_others_source(tmp_path):
    write_older(tmp_path / "b.mat", variables())
    with pytest.raises(InputError, match="For binned data, set source: binned"):
        raster.load(tmp_path / "b.mat")
    write_older(tmp_path / "r.mat", {"raster_data": np.ones((2, 3))})
    with pytest.raises(InputError, match="For rasters, set source: raster"):
        binned_files.load(tmp_path / "r.mat")


def test_tasks_have_no_event(path, made_with):
    tasks = {"pro": {"trials": "order == 'pro'", "align": "onset"}}
    assert "the rates in a file of binned data are already aligned" in problem(
        path, made_with(tasks=tasks)
    )


def test_a_file_that_cannot_be_read_is_a_problem_of_every_command(tmp_path, made_with):
    (tmp_path / "ZD.mat").write_bytes(b"no file")
    assert "is not a readable .mat file" in problem(tmp_path / "ZD.mat", made_with())
    (error,) = sources.outlines("small", made_with(), tmp_path, 0)
    assert "is not a readable .mat file" in str(error)


@given(content=st.binary(max_size=200), place=st.integers(0, 6000), which=st.integers(0, 1))
@settings(max_examples=40)
def test_damaged_bytes_are_an_input_error_or_harmless(content, place, which, damaged):
    path = damaged[which].with_stem("damaged")
    good = damaged[which].read_bytes()
    for mangled in (content, good[:place], good[:place] + content):
        path.write_bytes(mangled)
        try:
            named = str(path) if binned_files.load(path) else ""
        except InputError as error:
            named = error.where
        assert named.startswith(str(path))


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("binned")
    write_hdf5(folder / "ZD.mat", variables())
    write_csv(folder / "ZD.csv", 1)
    return [folder / "ZD.mat", folder / "ZD.csv"]

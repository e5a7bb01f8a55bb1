"""Results of regions, each from its own sessions and through a file, are those of all together."""

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from neuro_attn import comparison, recording
from neuro_attn.configuration import parse
from neuro_attn.decoding import confounds, regions_table, units_per_draw
from neuro_attn.decoding.confound_aims import Shared, shared_by
from neuro_attn.geometry.tables import measure
from neuro_attn.inference import reduction, tables
from neuro_attn.results.parts import joined, read_parts, write_parts
from neuro_attn.shared_code import of_region
from neuro_attn.shared_code.estimates import sample_of
from neuro_attn.shared_code.tables import tables_from, tables_of
from neuro_attn.study import Study

REGIONS = ("FEF", "LIP", "V4")
OF_SESSION = (REGIONS, REGIONS, ("V4",), ("FEF", "LIP"), ("V4", "LIP"))
TASKS = ("pro", "retro", "probe")
UNITS, TRIALS = 5, 72


def recording_of(number: int) -> xr.Dataset:
    """Return a session in which each region codes the side, in every task in its own way."""
    rng = np.random.default_rng(number)
    regions = np.repeat(np.array(OF_SESSION[number], object), UNITS)
    trial = np.arange(TRIALS)
    side, task = trial % 2, trial // 2 % 3
    axes = rng.normal(size=(3, len(regions)))
    signal = (2 * side[:, None] - 1) * (axes[0] + 0.5 * axes[task])
    rates = 20 + signal[..., None] + rng.normal(size=(TRIALS, len(regions), 4))
    session = f"day{number}"
    return xr.Dataset(
        {"rates": (("trial", "unit", "time"), rates.astype(np.float32))},
        coords={
            "time": [0.05, 0.15, 0.25, 0.35],
            "trial_id": ("trial", trial),
            "task": ("trial", np.array(TASKS, object)[task]),
            "label": ("trial", np.array(["left", "right"], object)[side]),
            "look": ("trial", trial // 6 % 2),
            "unit_id": ("unit", np.arange(len(regions)).astype(str).astype(object)),
            "region": ("unit", regions),
        },
        attrs={"session": session, "subject": f"monkey{number}"},
    )


RECORDINGS = [recording_of(number) for number in range(len(OF_SESSION))]
KEYS = {
    "source": "netcdf",
    "files": "*",
    "label": "side",
    "tasks": {task: {"trials": f"order == '{task}'"} for task in TASKS},
    "reference_tasks": ["retro", "probe"],
    "time": {"start": 0.0, "stop": 0.4, "bin": 0.1},
    "windows": {"early": [0.0, 0.2], "late": [0.2, 0.4]},
    "decoding": {"draws": 1},
    "inference": {"permutations": 9, "bootstraps": 20},
}
STUDY = Study("small", parse({"datasets": {"small": KEYS}}).datasets["small"], 1)


def sessions_with(region: str) -> list[xr.Dataset]:
    return [each for each in RECORDINGS if region in each["region"].values]


def test_geometry(tmp_path):
    together = [measure(RECORDINGS, STUDY, region) for region in REGIONS]
    parts = []
    for region in REGIONS:
        path = tmp_path / f"{region}.json"
        write_parts(measure(sessions_with(region), STUDY, region)._asdict(), path)
        parts.append(read_parts(path))
    for name in together[0]._fields:
        expected = joined([getattr(each, name) for each in together])
        found = joined([each[name] for each in parts])
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert len(joined([each["geometry"] for each in parts])) > 30


def test_codes(tmp_path):
    parts = []
    for region in REGIONS:
        path = tmp_path / f"{region}.nc"
        recording.save(
            of_region.stored(of_region.codes_of(sessions_with(region), STUDY, region)), path
        )
        parts.append(of_region.restored(recording.load(path), of_region.tests_of(STUDY)))
    found = tables_from(parts, sample_of(RECORDINGS), STUDY)
    expected = tables_of(RECORDINGS, STUDY, REGIONS)
    for name in expected._fields:
        pd.testing.assert_frame_equal(
            getattr(found, name), getattr(expected, name), check_exact=True
        )
    # All levels, differences between regions, and relative overlaps are among them.
    assert set(found.overlap["level"]) == {"these units", "the region", "other subjects"}
    assert set(found.overlap_differences["level"]) == set(found.overlap["level"])
    assert np.isfinite(found.overlap["relative_overlap"]).any()


def test_signatures(tmp_path):
    sizes = comparison.Sizes(4, 6)
    expected = comparison.of_regions(RECORDINGS, STUDY, regions=REGIONS, sizes=sizes)
    # Regions have different numbers of sessions.
    recording.save(comparison.together(expected), tmp_path / "all.nc")
    together = comparison.apart(recording.load(tmp_path / "all.nc"))
    for number, region in enumerate(REGIONS):
        path = tmp_path / f"{region}.nc"
        own = comparison.of_regions(sessions_with(region), STUDY, regions=[region], sizes=sizes)
        recording.save(comparison.together(own), path)
        (found,) = comparison.apart(recording.load(path))
        xr.testing.assert_identical(found, together[number])
        assert found.sizes["code_session"] == len(sessions_with(region))


@pytest.mark.slow
def test_confounds(tmp_path):
    keys = {**KEYS, "confounds": ["mean_rate"], "balance": ["look"]}
    keys["decoding"] = {"draws": 1, "population": "pseudopopulation"}
    dataset = parse({"datasets": {"small": keys}}).datasets["small"]
    study = Study("small", dataset, 1)
    kept = partial(reduction.in_windows, settings=dataset.inference)
    table = regions_table(RECORDINGS, study)
    n_units = units_per_draw(dataset, table)
    shared = shared_by(RECORDINGS, study, REGIONS)
    shared = Shared.from_json(json.loads(json.dumps(shared.as_json())))
    parts = []
    for region in REGIONS:
        path = tmp_path / f"{region}.nc"
        outcomes = confounds.decode_region(
            sessions_with(region), study, region, shared=shared, n_units=n_units, kept=kept
        )
        recording.save(confounds.stored(outcomes), path)
        parts.append(confounds.restored(recording.load(path)))
    found, expected = (
        confounds.together(
            each, [tables.summary_table(one.decodings, dataset.inference) for one in each]
        )
        for each in (
            confounds.combined(parts, study.name),
            # Not even reduced.
            confounds.decode_confounds(RECORDINGS, study, table),
        )
    )
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert set(found["control"]) == {"none", "regressed out", "balanced", "subsampled"}
    assert set(found["region"]) == set(REGIONS)

"""`neuro_attn.cross_task` on the arrays of a run's recordings gives the tables of that run."""

import pandas as pd
import pytest
import xarray as xr

import neuro_attn
from neuro_attn import recording
from neuro_attn.configuration import Configuration
from neuro_attn.results import read_csv, write_csv
from tests.workflow.conftest import SMALL


@pytest.fixture(scope="module")
def results(small_run):
    """The results of the call, and the folder with those of the run."""
    folder, name = small_run.folder / "results/small", "small"
    sessions = [recording.load(path) for path in sorted(folder.glob("recordings/*.nc"))]
    keys = SMALL["datasets"][name]
    found = neuro_attn.cross_task(
        [each["rates"].values for each in sessions],
        [each["label"].values for each in sessions],
        [each["task"].values for each in sessions],
        tasks=list(keys["tasks"]),
        region=[each["region"].values for each in sessions],
        session=[each.attrs["session"] for each in sessions],
        subject=[each.attrs["subject"] for each in sessions],
        times=sessions[0]["time"],
        windows=keys["windows"],
        trials=[pd.DataFrame({"event_time": each["event_time"].values}) for each in sessions],
        seed=Configuration.model_fields["seed"].default,
        decoding={**SMALL["decoding"], **keys["decoding"]},
        inference=SMALL["inference"],
        units="spikes/s",
        name=name,
    )
    return found, folder


@pytest.mark.parametrize(
    ("attribute", "file"),
    [
        *((table, table) for table in ("verdicts", "overlap", "overlap_differences")),
        *((table, table) for table in ("overlap_sessions", "summary", "onsets", "regions")),
        *((table, table) for table in ("unit_counts", "trial_counts")),
        *((table, table) for table in ("confusion", "information")),
        ("over_time", "transfer"),
    ],
)
def test_arrays_give_the_tables_of_the_run(results, tmp_path, attribute, file):
    found, folder = results
    expected = read_csv(folder / f"{file}.csv")
    write_csv(getattr(found, attribute), tmp_path / f"{file}.csv")
    pd.testing.assert_frame_equal(read_csv(tmp_path / f"{file}.csv"), expected, check_exact=True)


def test_arrays_give_the_cross_temporal_accuracy_of_the_run(results):
    found, folder = results
    xr.testing.assert_equal(found.cross_temporal, recording.load(folder / "cross_temporal.nc"))

"""What stands in an NDT raster: one unit, aligned to one event."""

from pathlib import Path

import numpy as np
import pandas as pd

from neuro_attn.onboarding.contents import RegionColumn, SessionContents
from neuro_attn.sources import raster

SAMPLING_RATE = 1000.0
"""Samples per second, unless the configuration says otherwise."""


def read(path: str) -> SessionContents:
    """Read what stands in a raster file.

    Raises
    ------
    InputError
        If the file is missing, damaged or no raster.
    """
    found = raster.load(Path(path))
    n_trials, n_samples = found.counts.shape
    trials = pd.DataFrame({**found.labels, "trial_id": np.arange(1, n_trials + 1)})
    around = None
    if found.event_sample is not None:
        before = (found.event_sample - 1) / SAMPLING_RATE
        around = (before, n_samples / SAMPLING_RATE - before)
    return SessionContents(
        session=Path(path).stem,
        path=path,
        start=0.0,
        stop=n_trials * n_samples / SAMPLING_RATE,
        units=pd.DataFrame({"unit_id": [Path(path).stem], "n_spikes": [int(found.counts.sum())]}),
        region_columns=[RegionColumn("raster_site_info", "region", [found.region])],
        tables={"trials": trials},
        around_event=around,
    )

"""What stands in a raster: one unit, aligned to one event."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neuro_attn.onboarding.contents import USUAL_NAMES, RegionColumn, SessionContents
from neuro_attn.sources import ndt, raster

SAMPLING_RATE = 1000.0
"""Samples per second, unless the configuration says otherwise."""


def region_columns(sites: list[dict[str, Any]]) -> list[RegionColumn]:
    """Return the fields of site information that may name regions; a run takes the first.

    Parameters
    ----------
    sites : list of dict
        The site information of each unit.
    """
    taken = [ndt.region(site, "location") for site in sites]
    found = [RegionColumn("site information", "region", taken)]
    for name in dict.fromkeys(name for site in sites for name in site):
        if name not in ndt.REGIONS and name.lower() in USUAL_NAMES:
            values = [ndt.text(site.get(name)) for site in sites]
            found.append(RegionColumn("site information", name, values))
    return found


def read(path: str) -> SessionContents:
    """Read what stands in a raster file.

    Raises
    ------
    InputError
        If the file is missing, damaged or no raster.
    """
    found = raster.load(Path(path))
    n_trials, n_samples = found.counts.shape
    trials = found.trials.assign(trial_id=np.arange(1, n_trials + 1))
    rate = SAMPLING_RATE / found.width
    around = None
    if found.event_sample is not None:
        before = (found.event_sample - 1) / rate
        around = (before, n_samples / rate - before)
    return SessionContents(
        session=Path(path).stem,
        path=path,
        start=0.0,
        stop=n_trials * n_samples / rate,
        units=pd.DataFrame({"unit_id": [Path(path).stem], "n_spikes": [int(found.counts.sum())]}),
        region_columns=region_columns([found.site]),
        tables={"trials": trials},
        around_event=around,
    )

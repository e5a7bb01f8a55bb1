"""Contents of a raster: one unit, aligned to one event."""

from pathlib import Path

import numpy as np
import pandas as pd

from neuro_attn.sources.contents import SessionContents
from neuro_attn.sources.ndt.contents import SAMPLING_RATE, region_columns
from neuro_attn.sources.raster.reading import load


def read(path: str) -> SessionContents:
    """Return the contents of a raster file.

    Raises
    ------
    InputError
        If the file is missing, damaged or no raster.
    """
    found = load(Path(path))
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

"""Contents of a NetCDF recording; its rates are not read."""

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn import recording
from neuro_attn.errors import InputError
from neuro_attn.sources.checks import existing_file
from neuro_attn.sources.contents import RegionColumn, SessionContents
from neuro_attn.sources.netcdf.reading import coordinates, with_text


def read(path: str) -> SessionContents:
    """Return the trials, units and bins of a recording.

    Raises
    ------
    InputError
        If the file is missing, damaged or no recording.
    """
    with recording.opened(existing_file(path)) as kept:
        return _contents(with_text(kept, path), path)


def _contents(kept: xr.Dataset, path: str) -> SessionContents:
    if "rates" not in kept or kept["rates"].dims != ("trial", "unit", "time"):
        raise InputError(
            path,
            "no variable rates with dimensions trial, unit, time.",
            "docs/outputs.md describes the contents of a recording.",
        )
    units = coordinates(kept, "unit")
    if missing := {"unit_id", "region"} - set(units.columns):
        raise InputError(path, f"no coordinate {', '.join(sorted(missing))} on unit.")
    centers = kept["time"].values.astype(float)
    step = np.diff(centers).mean() if len(centers) > 1 else np.nan
    width = float(kept["time"].attrs.get("bin_width", step))
    trials = coordinates(kept, "trial")
    return SessionContents(
        session=Path(path).stem,
        path=path,
        start=np.nan,
        stop=np.nan,
        units=pd.DataFrame({"unit_id": units["unit_id"]}),
        region_columns=[RegionColumn("unit coordinate", "region", list(map(str, units["region"])))],
        tables={"trials": trials},
        bins=(float(centers[0] - width / 2), float(centers[-1] + width / 2), width),
    )

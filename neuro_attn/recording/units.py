"""Selection of units by region, and the number of units without a region."""

import numpy as np
import pandas as pd

from neuro_attn.configuration import Regions


def selected_units(units: pd.DataFrame, regions: Regions) -> np.ndarray:
    """Return whether units are in a region that is not excluded, bool, shape (unit,)."""
    region = units["region"].astype(str)
    keep = units["region"].notna() & ~region.isin([*regions.exclude, ""])
    return keep.to_numpy(dtype=bool, copy=True)


def region_counts(units: pd.DataFrame) -> dict[str, int]:
    """Return the number of units without a region in the source, as an attribute."""
    region = units["region"]
    return {"n_units_without_region": int((region.isna() | (region.astype(str) == "")).sum())}

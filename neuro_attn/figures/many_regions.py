"""Which regions the figures show if there are more than fit on a page.

The figures of shared codes, and of decoding or prediction over time, have all regions. The others
have those with the most sessions, and among these the most units: a choice that does not depend on
the results.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import xarray as xr

from neuro_attn.figures.selection import REGIONS, about

MOST = 40
"""Largest number of regions in a figure that does not have all of them."""


def regions_shown(transfer: pd.DataFrame, most: int | None = None) -> list[str] | None:
    """Return the regions to show, in the order of their first rows; None if all are shown.

    Parameters
    ----------
    transfer : pandas.DataFrame
        The table of accuracy or prediction over time, with ``region``, ``session``, ``n_sessions``
        and ``n_units``.
    most : int, optional
        Number of regions to show at most; by default `MOST`.

    Examples
    --------
    >>> import pandas as pd
    >>> transfer = pd.DataFrame(
    ...     {
    ...         "region": ["V4", "LPFC", "FEF"],
    ...         "session": "all",
    ...         "n_sessions": [2, 4, 4],
    ...         "n_units": [90, 30, 40],
    ...     }
    ... )
    >>> regions_shown(transfer, most=2)
    ['LPFC', 'FEF']
    >>> regions_shown(transfer, most=3) is None
    True
    """
    rows = transfer[transfer["session"] == "all"]
    sizes = rows.groupby("region", sort=False)[["n_sessions", "n_units"]].max()
    most = MOST if most is None else most
    if len(sizes) <= most:
        return None
    largest = sizes.sort_values(["n_sessions", "n_units"], ascending=False, kind="stable")
    kept = set(largest.index[:most])
    return [region for region in sizes.index if region in kept]


def of_regions(results: Mapping[str, Any], regions: list[str]) -> dict[str, Any]:
    """Return results restricted to some regions, in tables and arrays that have regions."""
    return {name: _restricted(each, regions) for name, each in results.items()}


def note_on(regions: list[str]) -> str:
    """Return a sentence for captions on the choice of regions."""
    number = f"{len(regions)} regions" if len(regions) > 1 else "region"
    return (
        f"Shown: the {number} with the most sessions, and among these the most "
        "units. Shared codes, curves over time and the tables have all regions."
    )


def _restricted(result: Any, regions: list[str]) -> Any:
    has_regions = isinstance(result, pd.DataFrame | xr.Dataset)
    return about(result, REGIONS, regions) if has_regions else result

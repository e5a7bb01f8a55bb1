"""Regions and tasks of tables and arrays, to draw figures of some of them."""

from collections.abc import Collection, Iterable
from typing import TypeVar

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.errors import InputError

Data = TypeVar("Data", pd.DataFrame, xr.Dataset)

REGIONS = ("region", "compared_with")
TASKS = ("task", "train_task", "test_task", "first_task", "second_task")
"""Columns, dimensions and coordinates with names of regions and tasks."""


def select(
    data: Data, *, regions: Collection[str] | None = None, tasks: Collection[str] | None = None
) -> Data:
    """Return the part of a table or array that concerns some regions and tasks.

    Pairs of regions or tasks are kept if both are selected. The order of names has no effect:
    figures draw regions in the order of the configuration.

    Parameters
    ----------
    data : pandas.DataFrame or xarray.Dataset
        A table or array of results.
    regions, tasks : str or collection of str, optional
        Names to keep; by default all.

    Returns
    -------
    pandas.DataFrame or xarray.Dataset
        As `data`, which is not changed.

    Raises
    ------
    InputError
        If `data` has none of a name.

    Examples
    --------
    >>> import pandas as pd
    >>> cosines = pd.DataFrame(
    ...     {"region": ["V4", "LPFC", "LPFC"], "task": ["a vs b", "a vs b", "a vs c"]}
    ... )
    >>> select(cosines, regions=["LPFC"], tasks=["a", "b"])
      region    task
    1   LPFC  a vs b
    """
    for what, given, names in (("regions", regions, REGIONS), ("tasks", tasks, TASKS)):
        if given is None:
            continue
        wanted = [given] if isinstance(given, str) else given
        found = {
            part for name in names if name in data for part in set().union(*_parts(data, name))
        }
        if unknown := set(wanted) - found:
            raise InputError(
                f"select, {what}",
                f"no {', '.join(map(repr, sorted(unknown)))}.",
                f"Choose from {', '.join(map(repr, sorted(found - {''})))}.",
            )
        data = about(data, names, wanted)
    return data


def about(data: Data, names: Iterable[str], wanted: Collection[str]) -> Data:
    """Return the part of `data` whose `names` are all `wanted`, or empty where nothing is meant.

    Parameters
    ----------
    data : pandas.DataFrame or xarray.Dataset
        A table or array of results.
    names : iterable of str
        Columns, dimensions or coordinates; those that `data` does not have are ignored.
    wanted : collection of str
        Values to keep.
    """
    for name in names:
        if name not in data:
            continue
        kept = np.array([part <= {*wanted, ""} for part in _parts(data, name)], dtype=bool)
        if isinstance(data, pd.DataFrame):
            data = data[kept]
        else:
            data = data.isel({data[name].dims[0]: kept})
    return data


def _parts(data: pd.DataFrame | xr.Dataset, name: str) -> list[set[str]]:
    """Return the regions or tasks of each value: two of a pair."""
    return [set(str(value).split(" vs ")) for value in np.asarray(data[name])]

"""Groups of regions, as the key `regions.map` defines them."""

from fnmatch import fnmatchcase

import pandas as pd
import xarray as xr

from neuro_attn.bytestrings import text_columns
from neuro_attn.configuration import AnyDataset, Regions
from neuro_attn.errors import InputError, did_you_mean

IN_FILE = "region_in_file"
"""The column of units with the file's own name of the region, where regions are grouped."""
_MAX_LISTED = 40


def no_region_column(column: str, columns: list[str], where: str) -> InputError:
    """Return the error for a column of regions that a table of units does not have."""
    listed = ", ".join(columns[:_MAX_LISTED])
    hint = did_you_mean(column, columns)
    return InputError(
        f"{where}, regions.column",
        f"no column {column!r}.",
        f"{hint} Columns: {listed}. Or give the key region, one for all units.".strip(),
    )


def grouped(units: pd.DataFrame, regions: Regions, origin: str) -> pd.DataFrame:
    """Replace the regions of units by the groups to which they belong.

    A region listed literally in a group belongs to that group. Any other region belongs to the
    group with a matching pattern, or remains unchanged if no pattern matches. Names are case
    sensitive. Regions excluded by their name in the file are excluded before grouping.

    Parameters
    ----------
    units : pandas.DataFrame
        Units with the column ``region``.
    regions : Regions
        Its ``map`` and ``exclude``.
    origin : str
        The file, named in errors.

    Returns
    -------
    pandas.DataFrame
        Without a map, the units with bytes decoded. Otherwise ``region`` is the group, and
        ``region_in_file`` the original name.

    Raises
    ------
    InputError
        If patterns of two groups match a region, or bytes are not text.
    """
    units = text_columns(units, origin)
    if not regions.map:
        return units
    names = units["region"].astype(object).where(units["region"].notna(), "").astype(str)
    group = {name: _group(name, regions, origin) for name in names.unique()}
    return units.assign(region=names.map(group), **{IN_FILE: names})


def _group(name: str, regions: Regions, origin: str) -> str:
    if not name or name in regions.exclude:
        return ""
    members = regions.groups()
    for group, patterns in members.items():
        if name in patterns:
            return group
    found = [group for group, patterns in members.items() if _matches(name, patterns)]
    if len(found) > 1:
        raise InputError(
            f"{origin}, regions.map",
            f"patterns of the groups {found[0]!r} and {found[1]!r} match the region {name!r}.",
            "Name it in one of them; a name counts more than a pattern.",
        )
    return found[0] if found else name


def _matches(name: str, patterns: list[str]) -> bool:
    return name in patterns or any(fnmatchcase(name, pattern) for pattern in patterns)


def check_map(recordings: list[xr.Dataset], name: str, dataset: AnyDataset) -> None:
    """Raise `InputError` if a name or pattern of the map matches no region of any session.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        All sessions of the data set.
    name : str
        Its name.
    dataset : settings of a data set
        Its regions.
    """
    regions = dataset.regions
    if not regions.map or not recordings:
        return
    there = sorted({str(region) for each in recordings for region in _in_file(each)})
    # What is left out is known by its name only.
    known = [*there, *regions.exclude]
    for group, patterns in regions.groups().items():
        for pattern in patterns:
            if group not in regions.exclude and not any(
                _matches(each, [pattern]) for each in known
            ):
                listed = ", ".join(there[:_MAX_LISTED]) or "none"
                raise InputError(
                    f"datasets.{name}.regions.map.{group}",
                    f"{pattern!r} matches no region of the units that are kept.",
                    f"Regions: {listed}.",
                )


def _in_file(recording: xr.Dataset) -> set[str]:
    return set(recording[f"unit_{IN_FILE}"].values.astype(str))

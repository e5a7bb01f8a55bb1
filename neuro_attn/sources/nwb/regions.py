"""Regions of the units of an NWB file, from a column of units, electrodes or groups."""

from typing import Any

import numpy as np
import pandas as pd

from neuro_attn.errors import InputError, did_you_mean
from neuro_attn.sources.nwb import v1
from neuro_attn.sources.nwb.files import listed, text
from neuro_attn.sources.nwb.units import Units


def regions_of(units: Units | v1.Units, column: str, where: str) -> list[str]:
    """Return the region of each unit, "" if the file names none.

    Parameters
    ----------
    units : Units
        The units.
    column : str
        ``regions.column``: the name of a column, with or without its place as a prefix.
    where : str
        The file, named in errors.

    Raises
    ------
    InputError
        If there is no such column, or it has several values a unit.
    """
    present = units.region_columns()
    at, _, name = column.partition(".")
    places = [place for place, names in present.items() if column in names]
    links = [place for place in present if place not in ("units", "electrode_group")]
    if not places and at == "electrodes" and at not in present and links:
        # Any column that refers to electrodes can be called electrodes.
        at = links[0]
    place, name = (places[0], column) if places else (at, name)
    if name not in present.get(place, []):
        raise InputError(
            f"{where}, {units.name}, regions.column",
            f"no column {column!r} in the units or their electrodes.",
            " ".join(
                [
                    *filter(None, [did_you_mean(column, [n for e in present.values() for n in e])]),
                    *(f"Columns of {each}: {listed(names)}." for each, names in present.items()),
                    "Or give the key region, one for all units.",
                ]
            ),
        )
    regions = units.regions(place, name)
    if regions is None or not all(map(_is_single, regions)):
        raise InputError(
            f"{where}, {units.name}, regions.column",
            f"the column {column!r} has arrays, not one name a unit.",
            "Name a column with one name a unit, or give the key region, one for all units.",
        )
    return names_of(regions)


def _is_single(value: Any) -> bool:
    return value is None or isinstance(value, (str, bytes, int, float, np.number, np.bool_))


def names_of(values: list[Any]) -> list[str]:
    """Return values of a column of regions as names."""
    return ["" if pd.isna(value) else text(value).strip() for value in values]

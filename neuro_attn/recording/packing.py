"""Several labelled results in one data set, so that they can be one file."""

import json
from collections.abc import Mapping

import xarray as xr

PACKED = "packed"
"""Attribute with the names and attributes of the results."""


def packed(results: Mapping[str, xr.Dataset]) -> xr.Dataset:
    """Return results by name as one data set, in which they share no dimension.

    Examples
    --------
    >>> one = xr.Dataset({"a": ("x", [1, 2])}, coords={"x": [10, 20]}, attrs={"unit": "s"})
    >>> other = xr.Dataset({"a": ("x", [3])})
    >>> both = packed({"one": one, "other": other})
    >>> {name: each.identical(same) for (name, each), same in
    ...     zip(unpacked(both).items(), (one, other), strict=True)}
    {'one': True, 'other': True}
    """
    renamed = []
    for number, result in enumerate(results.values()):
        names = dict.fromkeys([*result.variables, *result.dims])
        renamed.append(result.rename({name: f"{number} {name}" for name in names}))
    listed = [[name, result.attrs] for name, result in results.items()]
    merged = xr.merge(renamed, combine_attrs="drop")
    return merged.assign_attrs({PACKED: json.dumps(listed)})


def unpacked(whole: xr.Dataset) -> dict[str, xr.Dataset]:
    """Return the results that `packed` put together, by name."""
    found = {}
    for number, (name, attributes) in enumerate(json.loads(whole.attrs[PACKED])):
        prefix = f"{number} "
        own = [each for each in whole.data_vars if str(each).startswith(prefix)]
        part = whole[own]
        names = dict.fromkeys([*part.variables, *part.dims])
        plain = part.rename({each: str(each).removeprefix(prefix) for each in names})
        plain.attrs = attributes
        found[name] = plain
    return found

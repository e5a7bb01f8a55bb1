"""Nulls that were decoded in blocks of permutations, joined."""

from collections.abc import Iterable

import xarray as xr


def with_nulls(decoding: xr.Dataset, blocks: Iterable[xr.Dataset]) -> xr.Dataset:
    """Return a decoding result with the permutations of further blocks.

    Parameters
    ----------
    decoding : xarray.Dataset
        From `decoding.decode_region`, with the first permutations.
    blocks : iterable of xarray.Dataset
        The further ones, from `decoding.decode_nulls`, in order.
    """
    parts: dict[str, list[xr.DataArray]] = {}
    for block in blocks:
        for name in block.data_vars:
            parts.setdefault(str(name), [decoding[name]]).append(block[name])
    joined = {name: xr.concat(each, "permutation") for name, each in parts.items()}
    return decoding.drop_vars(list(joined)).assign(joined)

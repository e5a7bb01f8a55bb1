"""Nulls that were decoded in blocks of permutations, joined."""

from collections.abc import Sequence

import xarray as xr


def with_nulls(decoding: xr.Dataset, blocks: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return a decoding result with the permutations of further blocks.

    Parameters
    ----------
    decoding : xarray.Dataset
        From `decoding.decode_region`, with the first permutations.
    blocks : sequence of xarray.Dataset
        The further ones, from `decoding.decode_nulls`, in order.
    """
    if not blocks:
        return decoding
    names = list(blocks[0].data_vars)
    joined = {
        name: xr.concat([decoding[name], *(block[name] for block in blocks)], "permutation")
        for name in names
    }
    return decoding.drop_vars(names).assign(joined)

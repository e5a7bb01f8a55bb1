"""Tests of a region against its nulls, and p-values corrected over a family of tests.

Across tasks and across times there are two nulls, shuffled labels and mirrored units
(`decoding.cross_task`), and a code is significant only against both: p is the larger of the two (an
intersection-union test: Berger 1982).

A family can contain tests of all regions. Each region needs all of its permutations
(`against_null`), but a family needs only the largest statistic of each permutation (`corrected`):
the largest of a family is the largest of its members. P-values are those of
`pvalues.corrected_p_value`, `clusters.cluster_p_value` and `pvalues.false_discovery_p_value` on all
permutations at once.
"""

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Literal, NamedTuple

import numpy as np
import xarray as xr

from neuro_attn.inference.clusters import cluster_masses, threshold
from neuro_attn.inference.pvalues import (
    Scale,
    false_discovery,
    fraction_reaching,
    p_value,
    scale_of,
    together,
)

READ_BYTES = 100_000_000
"""Size of the rows that are read at once."""
Method = Literal["max", "cluster", "fdr"]
"""Corrections, see `configuration.Inference`."""


class CellTests(NamedTuple):
    """Tests of some cells (time, pair of times or window) against one null or several.

    Parameters
    ----------
    p_value : array, shape (null, ...)
        Uncorrected.
    varies : array of bool, shape (null, ...)
        Where the statistic varies.
    reach : array, shape (null, ...)
        What the largest statistic of a permutation must reach to count against a cell: its own
        statistic in SDs, or the mass of its cluster. NaN for the false discovery rate.
    largest : array, shape (null, permutation)
        The largest statistic of each permutation.
    """

    p_value: np.ndarray
    varies: np.ndarray
    reach: np.ndarray
    largest: np.ndarray


def against_null(
    observed: np.ndarray,
    blocks: Sequence[np.ndarray | xr.DataArray],
    *,
    method: Method,
    alpha: float = 0.05,
    two_sided: bool = False,
) -> CellTests:
    """Test one map of accuracies against one null; memory holds a few of its rows, or one block.

    Parameters
    ----------
    observed : array, shape (row, ...)
        Accuracy; for clusters, all axes are times.
    blocks : sequence of array, shape (row, ..., permutation)
        The null in blocks of permutations, which can be on disk.
    method : {"max", "cluster", "fdr"}
        The correction.
    alpha : float
        Level at which a time joins a cluster.
    two_sided : bool
        Test for accuracies below the null, too. Results then have an axis of directions before
        the rows, above and below, which are members of one family.

    Returns
    -------
    CellTests
        Without the axis of nulls.
    """
    signs = (1, -1) if two_sided else (1,)
    scales, alone, reach = [], [], []
    largest = np.full(sum(block.shape[-1] for block in blocks), -np.inf)
    for values, null in zip(observed, _rows_of(blocks), strict=True):
        everything = together(values, null)
        scale = scale_of(everything)
        scales.append(scale)
        alone.append([p_value(sign * values, sign * null) for sign in signs])
        if method == "max":
            scaled = scale.of(everything)
            of_signs = [_signed(scaled, scale, sign) for sign in signs]
            tie = scale.tie[..., None]
            reach.append([(each - tie)[..., -1] for each in of_signs])
            for each in of_signs:
                of_row = (each[..., :-1] + tie).reshape(-1, len(largest)).max(axis=0)
                np.maximum(largest, of_row, out=largest)
    scale = Scale(*map(np.stack, zip(*scales, strict=True)))
    p_values = np.stack(alone, axis=1)
    if method == "cluster":
        of_data, largest = _masses(observed, blocks, scale, signs=signs, alpha=alpha)
    else:
        of_data = np.stack(reach, axis=1) if reach else np.full_like(p_values, np.nan)
    varies = np.broadcast_to(scale.varies, p_values.shape)
    found = CellTests(p_values, varies, of_data, largest)
    return found if two_sided else found._replace(**_of_one_side(found))


def _rows_of(blocks: Sequence[np.ndarray | xr.DataArray]) -> Iterator[np.ndarray]:
    """Yield the rows of a null with all permutations; several are read at once."""
    row_bytes = sum(block[0].size * block.dtype.itemsize for block in blocks)
    at_once = max(1, READ_BYTES // row_bytes)
    for start in range(0, len(blocks[0]), at_once):
        parts = [np.asarray(block[start : start + at_once]) for block in blocks]
        yield from np.concatenate(parts, axis=-1)


def _of_one_side(found: CellTests) -> dict[str, np.ndarray]:
    return {name: getattr(found, name)[0] for name in ("p_value", "varies", "reach")}


def _signed(scaled: np.ndarray, scale: Scale, sign: int) -> np.ndarray:
    """Return statistics in one direction; what does not vary is below everything in both."""
    return scaled if sign == 1 else np.where(scale.varies[..., None], -scaled, -np.inf)


def _masses(
    observed: np.ndarray,
    blocks: Sequence[np.ndarray | xr.DataArray],
    scale: Scale,
    *,
    signs: Sequence[int],
    alpha: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the masses of the clusters of the data, and the largest one of each permutation."""
    times, tie = tuple(range(observed.ndim)), scale.tie[..., None]

    def masses(values: np.ndarray, sign: int, tied: int) -> np.ndarray:
        # What ties with the observation counts for the null, in the extent of clusters as in T.
        return cluster_masses(
            _signed(scale.of(values), scale, sign) + tied * tie, times, threshold(alpha)
        )

    of_data = np.stack([masses(observed[..., None], sign, -1)[..., 0] for sign in signs])
    largest = []
    for block in blocks:
        of_signs = [masses(np.asarray(block), sign, 1) for sign in signs]
        maxima = [each.reshape(-1, each.shape[-1]).max(axis=0) for each in of_signs]
        largest.append(np.max(maxima, axis=0))
    return of_data, np.concatenate(largest)


def stacked(tests: Sequence[CellTests]) -> CellTests:
    """Return tests of the same cells against several nulls, or of other cells, on a first axis."""
    return CellTests(*map(np.stack, zip(*tests, strict=True)))


def corrected(family: Sequence[CellTests], method: Method) -> list[np.ndarray]:
    """Return p-values corrected over a family of tests, the larger ones of the nulls.

    Parameters
    ----------
    family : sequence of CellTests
        Against the same label sets.
    method : {"max", "cluster", "fdr"}
        With which they were tested.

    Returns
    -------
    list of array
        P-values of each member, with the shape of its cells.
    """
    if method == "fdr":
        return _controlled(family)
    largest = reduce(np.maximum, (member.largest for member in family))
    found = []
    for member in family:
        against = [fraction_reaching(*each) for each in zip(largest, member.reach, strict=True)]
        if method == "cluster":
            against.append(member.p_value.max(axis=0))
        found.append(np.max(against, axis=0))
    return found


def _controlled(family: Sequence[CellTests]) -> list[np.ndarray]:
    """Return p-values that control the false discovery rate of a family."""
    shapes = [member.p_value.shape for member in family]
    together_ = [
        np.concatenate([values.reshape(len(values), -1) for values in each], axis=1)
        for each in (
            [member.p_value for member in family],
            [member.varies for member in family],
        )
    ]
    p = np.max([false_discovery(*each) for each in zip(*together_, strict=True)], axis=0)
    ends = np.cumsum([np.prod(shape[1:], dtype=int) for shape in shapes])[:-1]
    return [each.reshape(shape[1:]) for each, shape in zip(np.split(p, ends), shapes, strict=True)]

"""Families of tests: which regions and pairs of tasks are corrected together."""

from collections.abc import Collection, Iterator
from itertools import product

Member = tuple[int, int, int]
"""Numbers of a region, training task and test task."""


def families(shape: tuple[int, ...], over: Collection[str]) -> Iterator[list[Member]]:
    """Yield the members of each family.

    Parameters
    ----------
    shape : tuple of int
        Numbers of regions, training tasks and test tasks.
    over : collection of str
        ``regions``, ``task_pairs``, both or none: what tests are corrected over.

    Examples
    --------
    >>> list(families((2, 1, 2), ["regions"]))
    [[(0, 0, 0), (1, 0, 0)], [(0, 0, 1), (1, 0, 1)]]
    """
    n_regions, n_train, n_test = shape
    regions, pairs = range(n_regions), list(product(range(n_train), range(n_test)))
    for few in [regions] if "regions" in over else [[region] for region in regions]:
        for of_pairs in [pairs] if "task_pairs" in over else [[pair] for pair in pairs]:
            yield [(region, *pair) for region in few for pair in of_pairs]

"""Blocks of permutations: a job decodes the label sets of one block."""

BLOCK = 1000
"""Label sets of a block. More permutations fill the last block and add others."""


def blocks(permutations: int, size: int = BLOCK) -> list[range]:
    """Return the numbers of the label sets of each block.

    Examples
    --------
    >>> blocks(2500)
    [range(0, 1000), range(1000, 2000), range(2000, 2500)]
    """
    return [range(first, min(first + size, permutations)) for first in range(0, permutations, size)]

"""Tables with very many columns, of which only some are described."""

from collections.abc import Collection, Sequence

MOST_COLUMNS = 400
"""Columns of a table that are always all read."""
FIRST_COLUMNS = 40
"""Columns that are described of a table with more than `MOST_COLUMNS`."""


def shown_columns(
    names: Sequence[str], needed: Collection[str] = ()
) -> tuple[list[str] | None, int]:
    """Return the columns of a table that are described, and how many are not.

    Parameters
    ----------
    names : sequence of str
        All columns.
    needed : collection of str
        Columns that are read in any case.

    Returns
    -------
    shown : list of str or None
        None for all of them.
    n_more : int
    """
    if len(names) <= MOST_COLUMNS:
        return None, 0
    shown = [name for name in names if name not in needed][:FIRST_COLUMNS]
    return shown, len(names) - len(shown) - sum(name in needed for name in names)

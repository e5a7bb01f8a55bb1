"""Names that are probably spellings of the same name."""

from collections.abc import Iterable


def alike(names: Iterable[str]) -> list[list[str]]:
    """Return names that differ only in case or blanks, in groups of two or more.

    Examples
    --------
    >>> alike(["left", "right", "Left ", "up"])
    [['Left ', 'left']]
    """
    groups: dict[str, list[str]] = {}
    for each in sorted(set(names)):
        groups.setdefault(" ".join(each.casefold().split()), []).append(each)
    return [group for group in groups.values() if len(group) > 1]

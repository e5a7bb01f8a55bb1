"""The verdicts of a data set in words, as at the top of a report."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pandas as pd

from neuro_attn.figures.region_order import ordered

SAYS = {
    "shared": "{regions} {share} a code between {first} and {second}",
    "partly shared": "{regions} partly {share} a code between {first} and {second}",
    "reversed": "{regions} {reverse} the code of {first} in {second}",
    "task-specific": "{regions} {have} task-specific codes in {first} and {second}",
}
"""Sentences of the verdicts that answer the question, strongest first."""
OPEN = ("inconclusive", "not decodable")
"""Verdicts without a conclusion."""
_VERBS = {"share": "shares", "reverse": "reverses", "have": "has"}


class RegionInWords(NamedTuple):
    """The verdicts of a region on a pair of tasks.

    Parameters
    ----------
    region, pair : str
        The region, and the tasks as ``A and B``.
    verdict : str
        The verdict that answers the question best, over windows.
    text : str
        The conclusions in all windows.
    """

    region: str
    pair: str
    verdict: str
    text: str


def headline(verdicts: pd.DataFrame) -> str:
    """Return which regions share a code, have other codes, or permit no conclusion.

    Regions are in the order of figures.

    Parameters
    ----------
    verdicts : pandas.DataFrame
        The table of verdicts.

    Examples
    --------
    >>> keys = ["region", "first_task", "second_task", "window", "verdict"]
    >>> rows = [("V4", "pro", "retro", "cue", "inconclusive"),
    ...         ("LPFC", "pro", "retro", "cue", "shared"),
    ...         ("LPFC", "pro", "retro", "delay", "inconclusive")]
    >>> headline(pd.DataFrame(rows, columns=keys))
    'LPFC shares a code between pro and retro (cue). No conclusion: V4.'
    """
    sentences = []
    for (first, second), rows in verdicts.groupby(["first_task", "second_task"], sort=False):
        left = ordered(rows["region"])
        for verdict, sentence in SAYS.items():
            for windows, regions in _by_windows(rows[rows["verdict"] == verdict]).items():
                is_one = len(regions) == 1
                verbs = {plural: one if is_one else plural for plural, one in _VERBS.items()}
                names = listing(regions)
                text = sentence.format(regions=names, first=first, second=second, **verbs)
                sentences.append(f"{text} ({listing(windows)}).")
                left = [region for region in left if region not in regions]
        if left:
            where = f" ({first} and {second})" if _several_pairs(verdicts) else ""
            sentences.append(f"No conclusion{where}: {listing(left)}.")
    return " ".join(sentences)


def regions_in_words(verdicts: pd.DataFrame) -> list[RegionInWords]:
    """Return the conclusions on each region and pair of tasks, shared codes first."""
    order = [*SAYS, *OPEN]
    found = []
    keys = ["first_task", "second_task", "region"]
    for (first, second, region), rows in verdicts.groupby(keys, sort=False):
        best = min(rows["verdict"], key=order.index)
        windows: dict[str, list[str]] = {}
        for window, conclusion in zip(rows["window"], rows["conclusion"], strict=True):
            windows.setdefault(conclusion, []).append(window)
        texts = [f"{listing(names)}: {conclusion}." for conclusion, names in windows.items()]
        found.append(RegionInWords(region, f"{first} and {second}", best, " ".join(texts)))
    return sorted(found, key=lambda each: order.index(each.verdict))


def listing(names: Iterable[str], conjunction: str = "and") -> str:
    """Return names as a list in a sentence.

    Examples
    --------
    >>> listing(["V4", "FEF", "LPFC"])
    'V4, FEF and LPFC'
    >>> listing(["left", "right"], "or")
    'left or right'
    """
    *most, last = map(str, names)
    return f"{', '.join(most)} {conjunction} {last}" if most else last


def networks_in_words(nearest: pd.DataFrame, fit: pd.DataFrame) -> Sequence[str]:
    """Return which regions each population of a network can and cannot resemble, in words.

    Parameters
    ----------
    nearest, fit : pandas.DataFrame
        The tables of the nearest regions, and of the fit of networks to regions.
    """
    lines = []
    is_excluded = fit["trained"] & (fit["verdict"] == "incompatible")
    excluded = fit[is_excluded].groupby(["network", "population"])["region"].agg(list).to_dict()
    for row in nearest.itertuples():
        without = excluded.get((row.network, row.population), [])
        if row.verdict == "none":
            text = "resembles no region"
        elif row.verdict == "undecided":
            text = f"may resemble {listing(ordered(row.possible.split(', ')), 'or')}"
        else:
            text = f"resembles {row.region} only"
        if without:
            text += f"; incompatible with {listing(ordered(without))}"
        lines.append(f"{row.network} ({row.population}) {text}")
    return lines


def _by_windows(rows: pd.DataFrame) -> dict[tuple[str, ...], list[str]]:
    """Return the regions by the windows of their rows."""
    found: dict[tuple[str, ...], list[str]] = {}
    for region in ordered(rows["region"]):
        windows = rows.loc[rows["region"] == region, "window"]
        found.setdefault(tuple(windows), []).append(region)
    return found


def _several_pairs(verdicts: pd.DataFrame) -> bool:
    return len(verdicts[["first_task", "second_task"]].drop_duplicates()) > 1

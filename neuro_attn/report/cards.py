"""A card for every network: what it is, how it was trained, what it does, and what it resembles.

A card is a self-contained HTML page beside the results of the network.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from neuro_attn.escaping import html
from neuro_attn.figures.tables import STYLE, table_element

SHOWN_SCORES = ["region", "score", "population", "rank", "value", "ci_low", "ci_high"]
SHOWN_SCORES += ["ceiling", "of_ceiling", "floor", "p_value", "n_seeds"]
"""Columns of the leaderboard on a card."""


class Card(NamedTuple):
    """What the card of a network contains.

    Parameters
    ----------
    network : str
        Its name.
    settings : mapping of str to object
        Its settings.
    family : Path or None
        The module of its family, whose docstring states the equations; None if it is imported.
    tables : mapping of str to pandas.DataFrame
        Results of all networks, by name; those that do not exist are left out.
    """

    network: str
    settings: Mapping[str, Any]
    family: Path | None
    tables: Mapping[str, pd.DataFrame]

    def of(self, table: str) -> pd.DataFrame:
        """Return the rows of a table that concern this network once it is trained."""
        if table not in self.tables:
            return pd.DataFrame()
        rows = self.tables[table]
        rows = rows[rows["network"] == self.network]
        if "trained" in rows:
            rows = rows[rows["trained"].astype(bool)]
        return rows.drop(columns=["network", "trained"], errors="ignore")


def as_page(card: Card) -> str:
    """Return a card as a page of HTML.

    Parameters
    ----------
    card : Card
        The contents.
    """
    body = "\n".join(
        f"<h2>{html(title)}</h2>\n<p>{html(text)}</p>\n{element}"
        for title, text, element in _sections(card)
    )
    name = html(f"Network {card.network}")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{name}</title>\n<style>{STYLE}pre {{ white-space: pre-wrap; }}\n</style>\n"
        f"</head>\n<body>\n<h1>{name}</h1>\n{body}\n</body>\n</html>\n"
    )


def _sections(card: Card) -> Iterator[tuple[str, str, str]]:
    """Return title, text and element of every section that the results allow."""
    if card.family is None:
        text = "Trained elsewhere; its activations were imported."
        yield "What it is", text, ""
    else:
        text = f"Family {card.settings['family']}, trained here by the settings below."
        lines = "\n".join(map(html, described(card.family).splitlines()))
        yield "What it is", text, f"<pre>{lines}</pre>"
    errors = card.of("report_error")
    if not errors.empty:
        yield "Report error", learned(errors), _framed(errors)
    probe = card.of("probe")
    if not probe.empty:
        yield "Probe", _asked(probe), _framed(first_answers(probe))
    attention = card.of("attention_use")
    if not attention.empty:
        text = "Means over seeds. Errors in degrees; fractions of seeds that need the attention."
        yield "Use of attention", text, _framed(_over_seeds(attention))
    for table, title, text in (
        ("nearest", "Regions that it resembles", "A region is named if it alone is compatible."),
        ("fit", "Fit to regions", "Do the codes of two tasks overlap as they do in the region?"),
    ):
        if not (rows := card.of(table)).empty:
            yield title, text, _framed(rows)
    board = card.of("leaderboard")
    if not board.empty:
        text = "Mean over seeds with its interval; the rank is among all networks of this run."
        yield "Scores", text, _framed(board[SHOWN_SCORES])
    settings = pd.DataFrame(_flat(card.settings), columns=["setting", "value"])
    yield "Settings", "Settings of the network, with their defaults.", _framed(settings)


def described(family: Path) -> str:
    """Return the docstring of a family's module, without executing it."""
    return ast.get_docstring(ast.parse(family.read_text(encoding="utf-8"))) or ""


def learned(errors: pd.DataFrame) -> str:
    """Return a sentence on the report errors of a network's seeds.

    Parameters
    ----------
    errors : pandas.DataFrame
        ``seed``, ``task``, ``report_error`` (degrees), ``probed`` and ``learned``.

    Examples
    --------
    >>> one = {"seed": 0, "task": ["pro", "retro"], "report_error": [4.0, 6.0]}
    >>> learned(pd.DataFrame({**one, "probed": True, "learned": True}))
    '1 of 1 seeds learned. Mean absolute error of these: pro 4.0, retro 6.0 degrees (chance 90).'
    """
    if not errors["probed"].any():
        return "Not probed: its files contain no reports, so whether it has learned is unknown."
    errors = errors[errors["probed"]].astype({"learned": bool})
    seeds = errors.groupby("seed")["learned"].all()
    those = errors[errors["learned"]]
    sentence = f"{int(seeds.sum())} of {len(seeds)} seeds learned."
    if those.empty:
        return sentence
    means = those.groupby("task", sort=False)["report_error"].mean()
    listed = ", ".join(f"{task} {error:.1f}" for task, error in means.items())
    return f"{sentence} Mean absolute error of these: {listed} degrees (chance 90)."


def first_answers(probe: pd.DataFrame) -> pd.DataFrame:
    """Return when a network first answers in each task, from its mean error over seeds.

    Parameters
    ----------
    probe : pandas.DataFrame
        ``task``, ``time`` (s), ``report_error`` and ``learned_below`` (degrees).
    """
    rows = []
    for task, of_task in probe.groupby("task", sort=False):
        error = of_task.groupby("time")["report_error"].mean()
        below = error[error < of_task["learned_below"].iloc[0]]
        first = float(below.index.min()) if len(below) else float("nan")
        rows.append((task, first, float(error.min()), float(error.iloc[-1])))
    names = ["task", "answers from (s)", "smallest error (degrees)", "error at the end (degrees)"]
    return pd.DataFrame(rows, columns=names)


def _asked(probe: pd.DataFrame) -> str:
    only_asked = sorted(
        {name for each in probe["populations"] for name in each.split(", ") if name}
    )
    text = "The report error if the network is asked at each time, mean over seeds."
    if not only_asked:
        return f"{text} All populations are active while it reads the trial."
    listed = ", ".join(only_asked)
    return f"{text} Populations that exist only when a report is asked: {listed}."


def _over_seeds(attention: pd.DataFrame) -> pd.DataFrame:
    numbers = [name for name in attention if name not in ("attention", "task", "seed")]
    keys = ["attention", "task"]
    return (
        attention.astype(dict.fromkeys(numbers, float)).groupby(keys)[numbers].mean().reset_index()
    )


def _flat(settings: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{key}.")
        else:
            listed = value if isinstance(value, list | tuple) else [value]
            yield (
                f"{path}{key}",
                ", ".join("none" if each is None else str(each) for each in listed),
            )


def _framed(table: pd.DataFrame) -> str:
    return f'<div class="frame">{table_element(table)}</div>'

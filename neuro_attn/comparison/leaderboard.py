"""Leaderboard: scores of networks against regions, averaged over seeds, and ranked.

Leaderboards of several runs, and of networks that were scored elsewhere, can be joined.

A benchmark is a region with its conditions and the numbers of units and trials that are drawn.
Scores of different benchmarks are not comparable, so ranks are within benchmarks.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from neuro_attn.comparison.responses import Responses
from neuro_attn.errors import InputError
from neuro_attn.inference.student import critical, upper_tail
from neuro_attn.results import columns_of, read_csv
from neuro_attn.results.model_scores import meanings

COLUMNS = columns_of("leaderboard")
FILE = "comparison/leaderboard.csv"
"""Where a run writes its leaderboard, in its folder of results."""
ENTRY = ["benchmark", "region", "score", "network", "population"]
"""Columns that identify a row."""
DIGITS = 12
"""Length of the name of a benchmark."""


def benchmark_of(
    brain: str, region: Sequence[Responses], n_units: int, n_trials: int, draws: int
) -> str:
    """Return the name of a benchmark: a digest of what determines the difficulty of its scores.

    Parameters
    ----------
    brain : str
        The data set.
    region : sequence of Responses
        The populations of a region.
    n_units, n_trials, draws : int
        Numbers of units and trials in a draw, and of draws.
    """
    counts = [[[part.shape for part in parts] for parts in each.parts] for each in region]
    names = [each.conditions for each in region]
    described = json.dumps([brain, region[0].name, names, counts, n_units, n_trials, draws])
    return hashlib.sha256(described.encode()).hexdigest()[:DIGITS]


def leaderboard(
    scores: pd.DataFrame,
    tested: pd.DataFrame,
    errors: pd.DataFrame,
    *,
    brain: str,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Average scores over seeds and rank the populations of all networks.

    Parameters
    ----------
    scores : pandas.DataFrame
        The table `model_scores`.
    tested : pandas.DataFrame
        The table `fit`.
    errors : pandas.DataFrame
        The table `report_error`.
    brain : str
        The data set of the regions.
    confidence : float
        Coverage of the intervals.

    Returns
    -------
    pandas.DataFrame
        Columns ``COLUMNS``, ranked. The interval of the mean is that of t over seeds, NaN for a
        single seed, and concerns other seeds of the network, not other trials or units of the
        region. ``p_value`` is that of a paired one-sided t-test over seeds that training raises the
        score; NaN with fewer than three pairs.
    """
    trained = scores[scores["trained"].astype(bool)]
    verdicts = tested[tested["trained"].astype(bool)]
    verdicts = verdicts.set_index(["network", "population", "region"])["verdict"].to_dict()
    learned = errors[errors["trained"].astype(bool) & errors["learned"].fillna(False).astype(bool)]
    error = learned.groupby("network")["report_error"].mean()
    rows = []
    for key, seeds in trained.groupby([*ENTRY, "n_units", "n_trials"], sort=False):
        benchmark, region, score, network, population, n_units, n_trials = key
        mean, low, high = _over_seeds(seeds["value"].to_numpy(), confidence)
        ceiling, floor = seeds["ceiling"].mean(), seeds["floor"].mean()
        rows.append(
            {
                "rank": 0,
                "brain": brain,
                "benchmark": benchmark,
                "region": region,
                "score": score,
                "network": network,
                "population": population,
                "value": mean,
                "ci_low": low,
                "ci_high": high,
                "ceiling": ceiling,
                "of_ceiling": mean / ceiling if ceiling > 0 else np.nan,
                "floor": floor,
                "p_value": _p_trained(seeds["value"] - seeds["floor"]),
                "n_seeds": len(seeds),
                "n_units": n_units,
                "n_trials": n_trials,
                "verdict": verdicts.get((network, population, region), ""),
                "report_error": error.get(network, np.nan),
            }
        )
    return ranked(pd.DataFrame(rows, columns=COLUMNS))


def _over_seeds(values: np.ndarray, confidence: float) -> tuple[float, float, float]:
    """Return the mean and its t interval; NaN for a single seed."""
    mean, n = float(values.mean()), len(values)
    if n < 2:
        return mean, np.nan, np.nan
    half = critical(confidence, n - 1) * values.std(ddof=1) / np.sqrt(n)
    return mean, mean - half, mean + half


def _p_trained(gains: pd.Series) -> float:
    """Return the p-value that gains over the untrained networks are positive."""
    gains = gains.dropna()
    if len(gains) < 3 or gains.std() == 0:
        return np.nan
    return upper_tail(gains.mean() / gains.sem(), len(gains) - 1)


def ranked(table: pd.DataFrame) -> pd.DataFrame:
    """Return a leaderboard with ranks within each benchmark and score, 1 for the largest value."""
    groups = table.groupby(["benchmark", "region", "score"], sort=False)["value"]
    table = table.assign(rank=groups.rank(ascending=False, method="min").astype("int64"))
    order = {name: place for place, name in enumerate(meanings())}
    places = table["score"].map(lambda name: order.get(name, len(order)))
    keys = ["region", "benchmark", "place", "score", "rank", "network", "population"]
    return table.assign(place=places).sort_values(keys, ignore_index=True)[COLUMNS]


def joined(paths: Sequence[str | Path]) -> pd.DataFrame:
    """Read leaderboards, check them and rank their rows together.

    Parameters
    ----------
    paths : sequence of str or Path
        Folders of results, or files with the columns of ``leaderboard.csv``.

    Returns
    -------
    pandas.DataFrame
        Columns ``COLUMNS``.

    Raises
    ------
    InputError
        If a file is missing or malformed, contains impossible values, or repeats a row of another.
    """
    tables: list[pd.DataFrame] = []
    seen: dict[tuple, str] = {}
    for given in paths:
        path = Path(given) / FILE if Path(given).is_dir() else Path(given)
        if not path.is_file():
            raise InputError(
                str(path),
                "does not exist.",
                "Name folders of results of a run with a comparison, or files of leaderboards.",
            )
        table = read_csv(path, "leaderboard")
        _check(table, str(path))
        for entry in table[ENTRY].itertuples(index=False, name=None):
            if entry in seen:
                _, region, score, network, population = entry
                raise InputError(
                    str(path),
                    f"contains {score} of network {network}, population {population}, for region "
                    f"{region}, as {seen[entry]} does.",
                    "Rename the network in one of the files, or leave one out.",
                )
            seen[entry] = str(path)
        tables.append(table)
    return ranked(pd.concat(tables, ignore_index=True))


def _check(table: pd.DataFrame, path: str) -> None:
    value = table["value"]
    problems = {f"the column {name} is empty.": table[name] == "" for name in ENTRY}
    problems["value is not a finite number."] = ~np.isfinite(value)
    problems["value lies outside its interval, ci_low to ci_high."] = (table["ci_low"] > value) | (
        table["ci_high"] < value
    )
    for problem, wrong in problems.items():
        if wrong.any():
            # Line 1 is the header.
            raise InputError(path, f"line {int(np.flatnonzero(wrong)[0]) + 2}: {problem}")


def as_text(table: pd.DataFrame) -> str:
    """Return a leaderboard as lines of text, one block per region and score.

    Parameters
    ----------
    table : pandas.DataFrame
        A leaderboard from `joined` or `leaderboard`.
    """
    lines = []
    for (region, benchmark, score), rows in table.groupby(
        ["region", "benchmark", "score"], sort=False
    ):
        first = rows.iloc[0]
        lines.append(
            f"{region}, {score} (benchmark {benchmark}: {first['n_units']} units, "
            f"{first['n_trials']} trials)"
        )
        for row in rows.to_dict("records"):
            interval = ""
            if not np.isnan(row["ci_low"]):
                interval = f" [{_number(row['ci_low'])}, {_number(row['ci_high'])}]"
            share = row["of_ceiling"]
            share = "" if np.isnan(share) else f", {_number(share)} of the ceiling"
            verdict = f", {row['verdict']}" if row["verdict"] else ""
            lines.append(
                f"  {row['rank']:>3}  {row['network']}, {row['population']}: "
                f"{_number(row['value'])}"
                f"{interval}{share}{verdict}"
            )
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    """Return a number with two decimals, without a minus before a zero."""
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "\N{MINUS SIGN}")

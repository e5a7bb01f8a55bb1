"""Tables of NeuroDecodeR, as CSV: rasters of one site, and binned data of all sites.

Columns are ``labels.NAME``, ``site_info.NAME``, ``time.START_STOP`` (or ``time.START``),
``trial_number`` and, in binned data, ``siteID``. Times are in samples (mostly ms) from the event;
STOP is exclusive.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from neuro_attn.errors import InputError
from neuro_attn.guard import guarded
from neuro_attn.sources.checks import existing_file
from neuro_attn.sources.ndt import fields
from neuro_attn.sources.text_tables import column_names, read_text_table

_NUMBER = r"[-.]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
# R changes the column name "time.-5_-4" to "time..5_.4".
_TIME = re.compile(rf"time\.({_NUMBER})(?:_({_NUMBER}))?")
_SITE = re.compile(r"siteID(\..*)?")
_REMEDY = "A table of NeuroDecodeR has columns labels.NAME and time.START_STOP."


@dataclass(frozen=True)
class SiteTable:
    """The rows of a table that belong to one site.

    Parameters
    ----------
    name : str
        Its ``siteID``; empty in rasters.
    values : array, shape (trial, time)
    trials : pandas.DataFrame
        Labels by name, and ``trial_number`` where the table has it.
    site : dict
        The fields of the site information.
    starts, stops : array, shape (time,)
        Edges of the bins, samples from the event.
    """

    name: str
    values: np.ndarray
    trials: pd.DataFrame
    site: dict[str, Any]
    starts: np.ndarray
    stops: np.ndarray


def written_by_r(path: str | Path) -> InputError:
    """Return the error for a file in a format of R."""
    return InputError(
        str(path),
        "is an R file, which cannot be read.",
        "In R, load it and run write.csv(binned_data, 'binned.csv', row.names = FALSE, na = ''); "
        "the same for raster_data.",
    )


def kind_of(path: str | Path) -> Literal["raster", "binned"] | None:
    """Return the kind of a CSV file from its columns; None if it is not from NeuroDecodeR."""
    names = _columns(path)
    if not any(_TIME.fullmatch(name) for name in names):
        return None
    if any(_SITE.fullmatch(name) for name in names):
        return "binned"
    return "raster" if any(name.startswith("labels.") for name in names) else None


def sites_of(path: str | Path) -> list[str]:
    """Return the sites of binned data in the order in which they come.

    Raises
    ------
    InputError
        As `load`.
    """
    (name,) = [each for each in _columns(path) if _SITE.fullmatch(each)][:1] or [""]
    if not name:
        load(path, "binned")
    return [_name(each) for each in read_text_table(Path(path), columns=[name])[name].unique()]


def _columns(path: str | Path) -> list[str]:
    """Return the names of a table's columns; none if it cannot be read."""
    try:
        return column_names(Path(path))
    except Exception:
        # pandas raises errors of any type for damaged files; `load` reports them.
        return []


def load(path: str | Path, kind: Literal["raster", "binned"]) -> list[SiteTable]:
    """Read a table of NeuroDecodeR.

    Parameters
    ----------
    path : str or Path
        The CSV file.
    kind : str
        raster (one site) or binned (several).

    Returns
    -------
    list of SiteTable
        One for a raster; in the order in which sites come in binned data.

    Raises
    ------
    InputError
        If the file is missing or damaged, or is no such table.
    """
    path = existing_file(path)
    with guarded(path, "table"):
        return _sites(read_text_table(path), path, kind)


def _sites(table: pd.DataFrame, path: Path, kind: str) -> list[SiteTable]:
    names = [str(name) for name in table.columns]
    sites = [name for name in names if _SITE.fullmatch(name)]
    if table.empty:
        raise InputError(str(path), "the table has no rows.")
    if bool(sites) != (kind == "binned"):
        problem = "a column siteID" if sites else "no column siteID"
        other = "binned" if sites else "raster"
        raise InputError(str(path), f"has {problem}.", f"Set source: {other}.")
    times = [name for name in names if _TIME.fullmatch(name)]
    if not times or not any(name.startswith("labels.") for name in names):
        raise InputError(
            str(path),
            f"has no column {'labels.NAME' if times else 'time.START_STOP'}.",
            _REMEDY,
        )
    starts, stops = _edges(times, path)
    values = _values(table[times], path)
    if not sites:
        return [SiteTable("", values, _trials(table), _site(table), starts, stops)]
    if (missing := table[sites[0]].isna()).any():
        row = int(np.flatnonzero(missing)[0])
        raise InputError(f"{path}, {sites[0]}", f"row {row + 1} is empty.")
    found = []
    for name, rows in table.reset_index(drop=True).groupby(sites[0], sort=False):
        site = _name(name), values[rows.index], _trials(rows), _site(rows)
        found.append(SiteTable(*site, starts, stops))
    return found


def _name(site: Any) -> str:
    whole = isinstance(site, float) and site.is_integer()
    return str(int(site)) if whole else str(site)


def _edges(times: Iterable[str], path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the edges of the bins; a bin without an end extends to the next one."""
    found = [_TIME.fullmatch(name) for name in times]
    starts = np.array([_time(each[1]) for each in found if each])
    if all(each and each[2] for each in found):
        stops = np.array([_time(each[2]) for each in found if each])
    elif len(starts) > 1:
        stops = np.append(starts[1:], 2 * starts[-1] - starts[-2])
    else:
        stops = starts + 1
    if (wrong := fields.first_wrong_bin(starts, stops)) is not None:
        raise InputError(
            f"{path}, {list(times)[wrong]}",
            f"the bin starts at {starts[wrong]:g} and stops at {stops[wrong]:g}.",
            f"Both must be finite, and a bin at least {fields.NARROWEST:g} samples wide.",
        )
    return starts, stops


def _time(text: str) -> float:
    return float(re.sub(r"^\.", "-", text))


def _values(table: pd.DataFrame, path: Path) -> np.ndarray:
    numeric = all(map(pd.api.types.is_numeric_dtype, table.dtypes))
    # All columns at once: a raster has hundreds, nearly always without a fault.
    if not numeric or table.isna().any(axis=None):
        for name, column in table.items():
            wrong = pd.to_numeric(column, errors="coerce").isna().to_numpy()
            if wrong.any() or not pd.api.types.is_numeric_dtype(column):
                row = int(wrong.argmax())
                raise InputError(
                    f"{path}, {name}",
                    f"row {row + 1} contains {column.iloc[row]!r}.",
                    "It must be a number.",
                )
    return table.to_numpy(dtype=float)


def _trials(table: pd.DataFrame) -> pd.DataFrame:
    """Return labels without prefix and padding; missing ones are empty text."""
    named = table.filter(regex=r"^labels\.").rename(columns=lambda name: name[len("labels.") :])
    if "trial_number" in table:
        named = named.assign(trial_number=table["trial_number"])
    texts = [name for name, each in named.items() if not pd.api.types.is_numeric_dtype(each)]
    for name in texts:
        named[name] = ["" if pd.isna(each) else str(each).strip() for each in named[name]]
    return named.reset_index(drop=True)


def _site(table: pd.DataFrame) -> dict[str, Any]:
    """Return the site information; it is the same on all rows of a site."""
    named = table.filter(regex=r"^site_info\.").iloc[0]
    return {
        name[len("site_info.") :]: None if pd.isna(value) else value
        for name, value in named.items()
    }

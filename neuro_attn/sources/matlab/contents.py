"""Contents of MATLAB files that are not of the NDT: arrays, and what their axes may be."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from neuro_attn.configuration.sources.matlab import OWN_COLUMNS
from neuro_attn.errors import InputError
from neuro_attn.sources.contents import Contents, SessionContents
from neuro_attn.sources.mat import listing, variables
from neuro_attn.sources.mat.listing import Listed
from neuro_attn.sources.wide_tables import shown_columns

_REGIONS = re.compile(r"region|area|location|acronym|structure", re.IGNORECASE)
_LISTED = 12
_NO_ARRAY = "No array with axes for units, time and trials"
_SINGLE_TRIALS = "A run needs single trials: averages over trials cannot be decoded."


@dataclass(frozen=True)
class Guess:
    """Keys of a data set that would read an array.

    Parameters
    ----------
    variable : str
        The array.
    axes : list of str
        A name for each axis.
    levels, region : dict of str, str
        The variables with the values along conditions, and with the region of each unit.
    reasons : list of str
        Evidence in the file for the names; the other names are in the usual order.
    """

    variable: str
    axes: list[str]
    levels: dict[str, str]
    region: str
    reasons: list[str]

    def keys(self) -> str:
        """Return the keys as they are written in a configuration."""
        keys = [f"variable: {self.variable}", f"axes: [{', '.join(self.axes)}]"]
        if self.levels:
            pairs = ", ".join(f"{axis}: {name}" for axis, name in self.levels.items())
            keys.append(f"levels: {{{pairs}}}")
        if self.region:
            keys.append(f"regions: {{column: {self.region}}}")
        return "; ".join(keys)


def read(path: str) -> SessionContents:
    """Return the names and shapes of the arrays in a file, including fields of structs.

    Raises
    ------
    InputError
        If the file is missing or damaged.
    """
    names = variables.names(path)
    shown, n_more = shown_columns(names)
    listed = listing.listed(path, None if shown is None else len(shown))
    counted = [
        f"{len(names):,} variables; the first {len(listed)} are listed, {n_more:,} more are not"
    ]
    return SessionContents(
        session=Path(path).stem,
        path=path,
        start=np.nan,
        stop=np.nan,
        units=pd.DataFrame({"unit_id": np.empty(0, dtype=int)}),
        region_columns=[],
        tables={},
        also=[
            *(counted if n_more else []),
            *(_described(name, each) for name, each in listed.items() if _shown(each)),
        ],
        advice=_advice(path, listed),
    )


def no_configuration(contents: Contents) -> InputError:
    """Return the error of `init` for files whose axes have no names."""
    first = contents.sessions[0]
    advice = first.advice[0]
    if advice.startswith(_NO_ARRAY):
        return InputError(first.path, advice.removesuffix(f" {_SINGLE_TRIALS}"), _SINGLE_TRIALS)
    return InputError(
        first.path,
        "MATLAB arrays do not name their axes, so init cannot write a configuration.",
        f"Write the configuration by hand, as in config/README.md (MATLAB arrays). {advice}",
    )


def _shown(each: Listed) -> bool:
    """Return whether something is more than one number or text."""
    return each.kind == "object" or int(np.prod(each.shape)) > 1


def _described(name: str, each: Listed) -> str:
    if each.kind == "object":
        return f"object {name!r}: a string array, table or class of MATLAB, which is not read"
    several = f" in each of {each.elements} elements" if each.elements > 1 else ""
    if each.kind == "text":
        return f"values {name!r} ({each.shape[0] if each.shape else 1}){several}"
    return f"array {name!r} ({_by(each.shape)}){several}"


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


# --- axes ----------------------------------------------------------------------------------------


def _advice(path: str, listed: dict[str, Listed]) -> list[str]:
    arrays = {k: v for k, v in listed.items() if v.kind == "numbers" and len(v.shape) >= 3}
    if not arrays:
        largest = max(
            (k for k, v in listed.items() if v.kind == "numbers"),
            key=lambda name: int(np.prod(listed[name].shape)),
            default="",
        )
        has = f"the largest is {largest!r} ({_by(listed[largest].shape)})" if largest else "none"
        return [f"{_NO_ARRAY} ({has}). {_SINGLE_TRIALS}"]
    told = []
    for name, each in list(arrays.items())[:_LISTED]:
        guess = guess_axes(path, name, listed)
        because = f" ({'; '.join(guess.reasons)})" if guess.reasons else ""
        told.append(
            f"Array {name!r} ({_by(each.shape)}): perhaps {guess.keys()}{because}. MATLAB does not "
            "name axes, so check their order; start and sample give the time of its samples."
        )
        if each.elements > 1:
            told.append(
                f"Array {name!r} consists of {each.elements} arrays, and each is a session. "
                f"{variables.elements(path, name)[0]!r} is the first one alone."
            )
        if (np.asarray(variables.content(path, variables.elements(path, name)[0])) < 0).any():
            told.append(
                f"Array {name!r} has negative values: z-scores or another signal need values: "
                "other."
            )
    return told


def guess_axes(path: str, name: str, listed: dict[str, Listed]) -> Guess:
    """Guess the axes of an array from its padding and from other variables.

    An axis along which trials end (NaN from some trial on) is that of the trials. One that is as
    long as a list of texts or numbers is that of the units or of a condition. Other axes get the
    remaining names in the order unit, conditions, time, trial.

    Parameters
    ----------
    path : str
        The file.
    name : str
        An array of it.
    listed : dict of Listed
        The contents of the file.

    Returns
    -------
    Guess
    """
    array = np.asarray(variables.content(path, variables.elements(path, name)[0]))
    axes: dict[int, str] = {}
    levels: dict[str, str] = {}
    region, reasons = "", []
    padded = _padded(array)
    if len(padded) == 1:
        axes[padded[0]] = "trial"
        reasons.append(f"trials end in NaN along axis {padded[0] + 1}")
    for other, length in _lists(name, listed).items():
        fitting = [k for k, n in enumerate(array.shape) if n == length and k not in axes]
        if len(fitting) != 1:
            continue
        if _REGIONS.search(other.rpartition(".")[2]):
            if not region:
                axes[fitting[0]], region = "unit", other
                reasons.append(f"{other!r} has {length} values, as axis {fitting[0] + 1}")
            continue
        factor = other.rpartition(".")[2]
        factor = f"{factor}_given" if factor in (*OWN_COLUMNS, "unit", "time", "trial") else factor
        # Units, time and trials need an axis each.
        if factor not in levels and len(levels) < array.ndim - 3:
            axes[fitting[0]] = factor
            levels[factor] = other
            reasons.append(f"{other!r} has {length} values, as axis {fitting[0] + 1}")
    return Guess(name, _filled(axes, array.ndim), levels, region, reasons)


def _padded(array: np.ndarray) -> list[int]:
    """Return the axes along which values are missing from some index on, but not throughout."""
    if array.dtype.kind != "f" or not (missing := np.isnan(array)).any():
        return []
    return [
        axis
        for axis in range(array.ndim)
        if (step := np.diff(missing.astype(np.int8), axis=axis)).any() and (step >= 0).all()
    ]


def _lists(name: str, listed: dict[str, Listed]) -> dict[str, int]:
    """Return the lists in a file by length; those in the same struct first."""
    lengths = {
        other: int(np.prod(each.shape))
        for other, each in listed.items()
        if each.kind == "text" or sorted(each.shape)[:-1] == [1] * (len(each.shape) - 1)
    }
    struct = name.rpartition(".")[0]
    order = sorted(lengths, key=lambda other: other.rpartition(".")[0] != struct)
    return {other: lengths[other] for other in order if lengths[other] > 1}


def _filled(axes: dict[int, str], n_axes: int) -> list[str]:
    """Return names of all axes; the unnamed ones get the remaining names in the usual order."""
    free = [axis for axis in range(n_axes) if axis not in axes]
    left = [each for each in ("unit", "time", "trial") if each not in axes.values()]
    conditions = [f"condition{n + 1}" for n in range(len(free) - len(left))]
    if len(conditions) == 1:
        conditions = ["condition"]
    names = [*left[:1], *conditions, *left[1:]] if "unit" in left else [*conditions, *left]
    return [axes.get(axis) or names[free.index(axis)] for axis in range(n_axes)]

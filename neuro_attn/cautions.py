"""Settings that are probably unintended; `check` and the log of a run report them."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import xarray as xr

from neuro_attn.configuration import AnyDataset
from neuro_attn.recording import LABEL_VALUE, reason_without_trials
from neuro_attn.spelling import alike

_LONG_TIME = 60.0
"""Time from the event, s, which is implausible and suggests ms."""
_SHORT_BIN, _WIDE_BIN = 0.001, 0.2
"""Width of a spike, and of bins so wide that a window rarely consists of one, s."""
_ROUNDING = 1e-6
"""Tolerated error of edges, as a fraction of a bin."""


class Caution(NamedTuple):
    """A problem that does not stop a run but should be reported to the user.

    Parameters
    ----------
    where, problem, remedy : str
        As in an `InputError`.
    """

    where: str
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (f"{self.where}: {self.problem}", self.remedy)))


def cautions(recordings: list[xr.Dataset], name: str, dataset: AnyDataset) -> list[Caution]:
    """Return cautions on the time, classes and regions of a data set.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        Recordings or outlines of all sessions.
    name : str
        The data set.
    dataset : settings of a data set
        Its time, windows, label and regions.
    """
    return [
        *of_time(name, dataset),
        *_spelling(recordings, name, dataset),
        *_absent_classes(recordings, name, dataset),
        *_half_a_turn(recordings, name, dataset),
    ]


def of_time(name: str, dataset: AnyDataset) -> Iterator[Caution]:
    """Yield cautions on bins and windows, which do not depend on data.

    Parameters
    ----------
    name : str
        The data set.
    dataset : settings of a data set
        Its time, windows and inference.
    """
    # All networks are analysed with the settings of one key.
    key = "network_analysis" if dataset.source == "network" else f"datasets.{name}"
    time, sustained = dataset.time, dataset.inference.min_consecutive_bins
    span = f"from {time.start:g} to {time.stop:g} s"
    if max(abs(time.start), abs(time.stop)) >= _LONG_TIME:
        yield Caution(
            f"{key}.time",
            f"the time {span} is long for one trial.",
            f"Times are in s; if these are in ms, write {{start: {time.start / 1000:g}, stop: "
            f"{time.stop / 1000:g}, bin: {time.bin:g}}}.",
        )
    if time.bin < _SHORT_BIN:
        yield Caution(
            f"{key}.time.bin",
            f"a bin of {1000 * time.bin:g} ms is shorter than a spike.",
            f"Times are in s: a bin of 50 ms is 0.05 (given: {time.bin:g}).",
        )
    if time.n_bins < max(sustained, 2):
        yield Caution(
            f"{key}.time.bin",
            f"the time {span} has {time.n_bins} bin{'s' * (time.n_bins > 1)} of {time.bin:g} s: "
            f"too few for a time course, and for an onset ({sustained} consecutive bins).",
            _in_seconds(time.bin),
        )
    for window, (start, stop) in dataset.windows.items():
        bins = time.bins_in((start, stop))
        first, last = (time.start + time.bin * edge for edge in (bins.start, bins.stop))
        if max(abs(first - start), abs(last - stop)) > _ROUNDING * time.bin:
            yield Caution(
                f"{key}.windows.{window}",
                f"rates are averaged over the whole bins in [{start:g}, {stop:g}], which cover "
                f"{round(first, 9) + 0.0:g} to {round(last, 9) + 0.0:g} s.",
                f"Let the window begin and end at edges of bins, which are every {time.bin:g} s "
                f"from {time.start:g} s.",
            )
        elif bins.stop - bins.start == 1 < time.n_bins and time.bin >= _WIDE_BIN:
            yield Caution(
                f"{key}.windows.{window}",
                f"the window [{start:g}, {stop:g}] contains a single bin of {time.bin:g} s.",
                _in_seconds(time.bin),
            )


def _in_seconds(width: float) -> str:
    """Return the remedy for bins that may be ten times wider than intended."""
    return (
        f"Times are in s: {width:g} is {1000 * width:g} ms, and {100 * width:g} ms is "
        f"{width / 10:g}. Give a shorter bin, unless this is what you mean."
    )


def _spelling(recordings: list[xr.Dataset], name: str, dataset: AnyDataset) -> Iterator[Caution]:
    """Yield classes and regions that differ only in case or blanks."""
    for coordinate, key, what in (("label", "label", "classes"), ("region", "regions", "regions")):
        found = {str(each) for made in recordings for each in made[coordinate].values.tolist()}
        for group in alike(found):
            listed = ", ".join(map(repr, group))
            remedy = "If they are one, write it alike in the files"
            if coordinate == "region":
                remedy += f", or group them: regions.map: {{{group[-1].strip()}: {group}}}."
            elif dataset.label_column:
                example = f"{group[-1].strip()}: {dataset.label_column} in {group}"
                remedy += f", or give label an expression for each class, as {example}."
            else:
                remedy += ", or give the two expressions of label one name."
            yield Caution(
                f"datasets.{name}.{key}",
                f"the {what} {listed} differ only in case or blanks and are separate {what}.",
                remedy,
            )


def _absent_classes(
    recordings: list[xr.Dataset], name: str, dataset: AnyDataset
) -> Iterator[Caution]:
    """Yield classes of the configuration without trials in any session."""
    found = {str(each) for made in recordings for each in made["label"].values.tolist()}
    for each in dataset.label_expressions:
        if found and each not in found:
            yield Caution(
                f"datasets.{name}.label.{each}",
                f"no trial has the class {each!r}, so it is not decoded.",
                reason_without_trials(recordings, f"label.{each}"),
            )


def _half_a_turn(recordings: list[xr.Dataset], name: str, dataset: AnyDataset) -> Iterator[Caution]:
    """Yield a caution if the angles of a circular label may repeat after half a turn."""
    if dataset.label_kind != "circular" or not recordings:
        return
    column = dataset.label_column
    values = np.concatenate([made[LABEL_VALUE].values for made in recordings])
    low, high = float(values.min()), float(values.max())
    if high - low <= np.pi * (1 + _ROUNDING):
        yield Caution(
            f"datasets.{name}.label",
            f"the angles {column!r} reach from {low:.4g} to {high:.4g} rad, at most half a turn.",
            f"Orientations repeat after half a turn: double them, as columns: {{{column}_doubled: "
            f"2 * {column}}}. Degrees must be converted to rad.",
        )

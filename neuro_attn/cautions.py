"""What a run completes with, but its user should know: reported by `check` and in the run's log."""

from collections.abc import Iterator
from typing import NamedTuple

import xarray as xr

from neuro_attn.configuration import AnyDataset
from neuro_attn.recording import reason_without_trials
from neuro_attn.spelling import alike


class Caution(NamedTuple):
    """Something that a run completes with, but that its user should know.

    Parameters
    ----------
    where, problem, remedy : str
        As of an `InputError`.
    """

    where: str
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (f"{self.where}: {self.problem}", self.remedy)))


def cautions(recordings: list[xr.Dataset], name: str, dataset: AnyDataset) -> list[Caution]:
    """Return what is probably not meant in the classes and regions of a data set.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        Recordings or outlines of all sessions.
    name : str
        The data set.
    dataset : settings of a data set
        Its label and regions.
    """
    return [
        *_spelling(recordings, name, dataset),
        *_absent_classes(recordings, name, dataset),
    ]


def _spelling(recordings: list[xr.Dataset], name: str, dataset: AnyDataset) -> Iterator[Caution]:
    """Yield classes and regions that differ only in case or blanks."""
    for coordinate, key, what in (("label", "label", "classes"), ("region", "regions", "regions")):
        found = {str(each) for made in recordings for each in made[coordinate].values.tolist()}
        for group in alike(found):
            listed = ", ".join(map(repr, group))
            remedy = "If they are one, write it alike in the files"
            if coordinate == "region":
                remedy += f", or group them: regions.map: {{{group[-1].strip()}: {group}}}."
            elif isinstance(dataset.label, str):
                example = f"{group[-1].strip()}: {dataset.label} in {group}"
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
    """Yield classes of the configuration that no trial of any session has."""
    if isinstance(dataset.label, str):
        return
    found = {str(each) for made in recordings for each in made["label"].values.tolist()}
    for each in dataset.label:
        if found and each not in found:
            yield Caution(
                f"datasets.{name}.label.{each}",
                f"no trial has the class {each!r}, so it is not decoded.",
                reason_without_trials(recordings, f"label.{each}"),
            )

"""Selection of files in an ALF folder: the newest revisions, and one sorting of each probe.

A file is named ``object.attribute.ext``, perhaps with a namespace before it (``_ibl_trials``) and
more parts before its suffix. It lies in a *collection* (a folder such as ``alf/probe00``), or in a
*revision* of it (``alf/probe00/#2024-05-06#``). Revisions are sorted as text, and the last one
is used; a file without a revision comes before all of them. This is the rule of the Open
Neurophysiology Environment (ONE). It applies to each file separately: a file missing from the
newest revision is taken from an older one.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from neuro_attn.configuration.sources.alf import AlfDataset
from neuro_attn.errors import InputError
from neuro_attn.sources.checks import GENERIC

_NAME = re.compile(
    r"(?:_[A-Za-z0-9]+_)?(?P<object>[A-Za-z0-9]+)\.(?P<attribute>[A-Za-z0-9_]+)"
    r"(?:\.[^.]+)*\.(?P<suffix>npy|pqt|parquet|csv|tsv)"
)
_REVISION = re.compile(r"#([^#]+)#")
_PROBE = re.compile(r"probe|imec\d", re.I)
"""Part of the name of a folder with the recording of one probe."""
_SHANK = re.compile(r"shank[\w.-]*", re.I)
"""A folder below that of the probe that is not another sorting of it."""
_PREFERRED = ("iblsorter", "pykilosort")
"""The order in which the International Brain Laboratory's own loader looks for sortings."""


class DataFile(NamedTuple):
    """A file with an attribute of an object."""

    path: Path
    attribute: str
    revision: str
    """Text between the number signs of its folder; empty without one."""

    @property
    def is_array(self) -> bool:
        """Whether it is an array rather than a table."""
        return self.path.suffix == ".npy"


class Sorting(NamedTuple):
    """A folder with sorted spikes."""

    place: Path
    """The collection."""
    probe: tuple[str, ...]
    """Parts of the path that identify the probe."""
    name: str
    """The other parts, which identify the sorting of the probe; "." if there are none."""


def files(folder: str | Path, dataset: AlfDataset) -> list[str]:
    """Return the files of a session that are read.

    Raises
    ------
    InputError
        As `chosen`.
    """
    folder = Path(folder)
    return sorted(str(file.path) for file in data_files(folder, chosen(folder, dataset.sorting)))


def data_files(folder: Path, sortings: list[Sorting]) -> list[DataFile]:
    """Return the files of the trials and of these sortings that are read."""
    found = [file for of_place in newest(folder, "trials").values() for file in of_place]
    for each in sortings:
        found += spikes_files(each.place).values()
        for wanted in ("clusters", "channels"):
            found += newest(each.place, wanted).get(each.place, [])
    return found


def spikes_files(place: Path) -> dict[str, DataFile]:
    """Return the files of a collection with the times and the clusters of its spikes."""
    found = {file.attribute: file for file in newest(place, "spikes")[place]}
    return {name: found[name] for name in ("times", "clusters")}


def newest(folder: Path, wanted: str) -> dict[Path, list[DataFile]]:
    """Return the newest revision of each file of an object, for each collection that has some.

    Parameters
    ----------
    folder : Path
        Folder to search, at any depth.
    wanted : str
        The object: spikes, clusters, channels, trials.

    Raises
    ------
    InputError
        If two files of one revision have the same attribute, or a file lies in a folder below
        that of a revision.
    """
    found: dict[tuple[Path, str], DataFile] = {}
    for path in sorted(folder.rglob(f"*{wanted}.*")):
        name = _NAME.fullmatch(path.name)
        if name is None or name["object"] != wanted or not path.is_file():
            continue
        place, revision = _collection(path, folder)
        file = DataFile(path, name["attribute"], revision)
        other = found.setdefault((place, file.attribute), file)
        if other.revision < file.revision:
            found[place, file.attribute] = file
        elif other.revision == file.revision and other != file:
            raise InputError(
                str(path),
                f"is {wanted}.{file.attribute}, and so is {other.path.name}.",
                "Move one of the two files out of the folder.",
            )
    places: dict[Path, list[DataFile]] = {}
    for (place, _), file in found.items():
        places.setdefault(place, []).append(file)
    return places


def _collection(path: Path, folder: Path) -> tuple[Path, str]:
    """Return the collection and the revision of a file."""
    place, revision = path.parent, ""
    if place != folder and (found := _REVISION.fullmatch(place.name)):
        place, revision = place.parent, found[1]
    if any(_REVISION.fullmatch(part) for part in place.relative_to(folder).parts):
        raise InputError(
            str(path),
            "lies in a folder below that of a revision.",
            "The folder of a revision, #...#, must contain only files: "
            "move the revision to the end.",
        )
    return place, revision


def revisions(files: Iterable[DataFile]) -> list[str]:
    """Return the revisions that files come from, in order; "none" for files without one.

    Empty if no file has a revision.
    """
    found = sorted({file.revision for file in files})
    return [each or "none" for each in found] if any(found) else []


# --- sortings ------------------------------------------------------------------------------------


def sortings(folder: Path) -> list[list[Sorting]]:
    """Return the sortings of each probe, in the order of preference.

    Raises
    ------
    InputError
        If there are none, or one lies below another without a name that marks it as the same probe.
    """
    places = [
        place
        for place, files in newest(folder, "spikes").items()
        if {"times", "clusters"} <= {file.attribute for file in files}
    ]
    if not places:
        raise InputError(str(folder), "no spikes.times.npy with spikes.clusters.npy beside it.")
    found = [_sorting(place, folder) for place in places]
    for inner in found:
        for outer in found:
            if outer.place in inner.place.parents and outer.probe != inner.probe:
                raise InputError(
                    str(inner.place),
                    f"contains spikes, and so does {outer.place}, a folder above it.",
                    "If these are two sortings of the same recording, move one away.",
                )
    probes: dict[tuple[str, ...], list[Sorting]] = {}
    for each in found:
        probes.setdefault(each.probe, []).append(each)
    return [sorted(of_probe, key=preference) for of_probe in probes.values()]


def _sorting(place: Path, folder: Path) -> Sorting:
    """Divide the path of a collection into the parts that identify the probe and the sorting.

    The last part with "probe" or "imec0" in it names the probe. Parts below it name the sorting,
    except shanks. Without such a part, all parts except names of sorters name the probe.
    """
    parts = place.relative_to(folder).parts
    named = [i for i, part in enumerate(parts) if _PROBE.search(part)]
    stop = named[-1] + 1 if named else len(parts)
    is_probe = [
        not GENERIC.fullmatch(part) if i < stop else bool(_SHANK.fullmatch(part))
        for i, part in enumerate(parts)
    ]
    probe = tuple(part for part, is_one in zip(parts, is_probe, strict=True) if is_one)
    others = [part for part, is_one in zip(parts, is_probe, strict=True) if not is_one]
    return Sorting(place, probe, "/".join(part for part in others if part != "alf") or ".")


def preference(sorting: Sorting) -> tuple[int, str]:
    """Return the sort key of a sorting: known names first, in order of preference, then by name."""
    rank = _PREFERRED.index(sorting.name) if sorting.name in _PREFERRED else len(_PREFERRED)
    return rank, sorting.name


def chosen(folder: Path, wanted: str | Sequence[str] | None) -> list[Sorting]:
    """Return the sorting of each probe that is read.

    Parameters
    ----------
    folder : Path
        The session.
    wanted : str, sequence of str or None
        The key ``sorting``: names, in order of preference.

    Raises
    ------
    InputError
        As `sortings`; if a probe was sorted more than once and the key is missing, or if it has no
        sorting of a wanted name.
    """
    names = [wanted] if isinstance(wanted, str) else wanted
    return [_chosen(of_probe, folder, names) for of_probe in sortings(folder)]


def _chosen(of_probe: list[Sorting], folder: Path, names: Sequence[str] | None) -> Sorting:
    listed = ", ".join(f"{_relative(each, folder)} (sorting: {each.name})" for each in of_probe)
    if names is None:
        if len(of_probe) == 1:
            return of_probe[0]
        names_differ = len({each.name for each in of_probe}) == len(of_probe)
        raise InputError(
            str(folder),
            f"a probe was sorted {len(of_probe)} times: {listed}.",
            "Reading all of them would count each neuron more than once. "
            + ("Set the key sorting to the one to read." if names_differ else "Keep one of them."),
        )
    named = next((n for n in names if any(each.name == n for each in of_probe)), None)
    found = [each for each in of_probe if each.name == named]
    if not found:
        raise InputError(
            f"{folder}, sorting",
            f"a probe has no sorting named {' or '.join(map(repr, names))}.",
            f"It has {listed}.",
        )
    if len(found) > 1:
        both = " and ".join(_relative(each, folder) for each in found)
        raise InputError(f"{folder}, sorting", f"{named!r} names {both}.", "Move one of them away.")
    return found[0]


def _relative(sorting: Sorting, folder: Path) -> str:
    return sorting.place.relative_to(folder).as_posix()

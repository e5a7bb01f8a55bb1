"""The manifest of a run: the files and sessions of its data sets, found once.

A workflow is parsed by Snakemake and again in every job that Snakemake starts elsewhere. Each of
them needs the names of all sessions, and searching thousands of folders takes longer than many
jobs. Snakemake therefore writes what it found to a file, from which its jobs read. If the command
line has just written the manifest, Snakemake reads it, too. A later run searches again, so a
manifest is never out of date. Jobs that do not share the folder of the run, as on Kubernetes, find
the manifest in an environment variable.
"""

import base64
import hashlib
import json
import os
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from neuro_attn.configuration import ActivationFiles, RecordedDataset
from neuro_attn.errors import InputError
from neuro_attn.files import write_text
from neuro_attn.sources.finding import Part, parts

VARIABLE = "NEURO_ATTN_MANIFEST"
"""Environment variable with the digest of the manifest that Snakemake is to read."""
PACKED = "NEURO_ATTN_SESSIONS"
"""Environment variable with the manifest itself, for jobs that do not share the folder of a run."""
_NAME = "sessions.json"


def listed(
    datasets: Mapping[str, RecordedDataset | ActivationFiles],
    data_folder: str | Path,
    store: Path,
    *,
    in_job: bool = False,
) -> dict[str, list[Part]]:
    """Return the files and sessions of all data sets, from the manifest if it is of this run.

    Parameters
    ----------
    datasets : mapping of str to settings of a data set
        The data sets of recordings, by name, and the files of imported networks.
    data_folder : str or Path
        Folder to which their files are relative.
    store : Path
        Folder of the manifest.
    in_job : bool
        Whether a job of a run asks, so that the manifest is that of the run.

    Raises
    ------
    InputError
        As `parts`.
    """
    key = _key(datasets, data_folder)
    # Whatever is wrong with the manifest of another run, the files are searched.
    with suppress(OSError, ValueError, LookupError, TypeError, zlib.error):
        content = _content(store, in_job)
        known = json.loads(content)
        is_current = in_job or _digest(content) == os.environ.get(VARIABLE)
        if is_current and known["key"] == key:
            return {name: [Part(*each) for each in found] for name, found in known["found"].items()}
    return _searched(datasets, data_folder, store, key)[0]


def written(
    datasets: Mapping[str, RecordedDataset | ActivationFiles], data_folder: str | Path, store: Path
) -> str:
    """Search the files of all data sets, write the manifest and return the value of `VARIABLE`."""
    _, content = _searched(datasets, data_folder, store, _key(datasets, data_folder))
    return _digest(content)


def packed(store: Path) -> str:
    """Return the manifest as the value of `PACKED`."""
    content = (store / _NAME).read_bytes()
    return base64.b64encode(zlib.compress(content)).decode()


def _content(store: Path, in_job: bool) -> str:
    if in_job and PACKED in os.environ:
        return zlib.decompress(base64.b64decode(os.environ[PACKED])).decode()
    return (store / _NAME).read_text(encoding="utf-8")


def _searched(
    datasets: Mapping[str, RecordedDataset | ActivationFiles],
    data_folder: str | Path,
    store: Path,
    key: str,
) -> tuple[dict[str, list[Part]], str]:
    found = {name: parts(name, dataset, data_folder) for name, dataset in datasets.items()}
    content = json.dumps({"key": key, "found": found}, indent=0)
    # If it cannot be written, each job searches.
    with suppress(InputError, OSError):
        write_text(content, store / _NAME)
    return found, content


def _key(datasets: Mapping[str, RecordedDataset | ActivationFiles], data_folder: str | Path) -> str:
    """Return a digest of what determines the files and sessions."""
    keys = {name: dataset.model_dump(mode="json") for name, dataset in datasets.items()}
    return _digest(json.dumps([str(data_folder), keys], sort_keys=True))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

"""Checksums of results: recorded by the job that writes them, and verified on request.

Each job writes one record below ``results/checksums``, whole or not at all, after its results and
before Snakemake counts it as done. A result without a record is thus one whose job was killed.
Paths in a record are relative to the folder of results, so that the folder can be moved. A record
contains its own digest, so that damage to a record is not mistaken for damage to a result.
"""

import hashlib
import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from neuro_attn.errors import InputError, of_the_system
from neuro_attn.files import parquet_of, sha256, write_text

RESULTS = "results"
"""Folder of all results, relative to the folder of a run."""
CHECKSUMS = "checksums"
"""Folder of the records, relative to that of the results."""
_NO_RESULTS = frozenset({"logs", "benchmarks", CHECKSUMS})
"""Folders without results: they contain logs, times, or the checksums themselves."""

MISSING, DAMAGED, UNRECORDED = "missing", "damaged", "unrecorded"


class Checksum(NamedTuple):
    """The recorded size (bytes) and SHA-256 digest of a file, and the rule that wrote it."""

    rule: str
    size: int
    sha256: str


class Problem(NamedTuple):
    """A file that differs from its record.

    Parameters
    ----------
    path : str
        The file, relative to the folder of results.
    kind : str
        ``MISSING``, ``DAMAGED`` or ``UNRECORDED``.
    rule : str
        The rule that wrote it; empty if no record names it.
    """

    path: str
    kind: str
    rule: str


def record(rule: str, name: str | Path, outputs: Iterable[str], results: str | Path) -> None:
    """Record the checksums of the files that a job wrote.

    Parameters
    ----------
    rule : str
        The job's rule.
    name : str or Path
        Name of the record, relative to the folder of records; unique among jobs.
    outputs : iterable of str
        The files, all in the folder `results`.
    results : str or Path
        Folder of results.

    Notes
    -----
    Under another configuration, a job may write other files, for example of fewer sessions. The
    former files stay on disk, so they stay in the record. Parquet files of large tables are
    recorded with the tables, and removed with them.
    """
    results = Path(results)
    path = results / CHECKSUMS / f"{name}.json"
    files = [Path(output) for output in outputs]
    of_tables = [parquet_of(file) for file in files if file.suffix == ".csv"]
    large = [each for each in of_tables if each.exists()]
    removed = {each.relative_to(results).as_posix() for each in of_tables if each not in large}
    kept = (_read(path, Path(name)) or {}).get("files", {})
    kept = {name: each for name, each in kept.items() if name not in removed}
    written = {
        file.relative_to(results).as_posix(): {"sha256": sha256(file), "size": file.stat().st_size}
        for file in [*files, *large]
    }
    content = {
        "job": Path(name).as_posix(),
        "rule": rule,
        "files": dict(sorted({**kept, **written}.items())),
    }
    content["record"] = _digest(content)
    write_text(_text(content), path)


def recorded(results: str | Path) -> tuple[dict[str, list[Checksum]], list[str]]:
    """Return the recorded checksums of every file, and the damaged records.

    A file can be in two records if another version of the workflow had other rules.
    """
    results = Path(results)
    found: dict[str, list[Checksum]] = {}
    damaged: list[str] = []
    for path in sorted((results / CHECKSUMS).rglob("*")):
        if path.is_dir() or path.name.startswith("."):
            continue
        content = _read(path, path.relative_to(results / CHECKSUMS).with_suffix(""))
        if content is None:
            damaged.append(path.relative_to(results).as_posix())
            continue
        for name, each in content["files"].items():
            checksum = Checksum(content["rule"], each["size"], each["sha256"])
            found.setdefault(name, []).append(checksum)
    return found, damaged


def verify(results: str | Path) -> list[Problem]:
    """Compare every file of a folder of results with its recorded checksum.

    Parameters
    ----------
    results : str or Path
        Folder of results, wherever it was moved.

    Returns
    -------
    list of Problem
        Sorted by path, including damaged records. Logs, measured times and hidden files, such as
        checkpoints of training, are not results.

    Raises
    ------
    InputError
        If the system refuses to read a file.
    """
    results = Path(results)
    checksums, damaged = recorded(results)
    problems = [Problem(path, DAMAGED, "") for path in damaged]
    for name, known in checksums.items():
        path = results / name
        if not path.is_symlink() and not path.exists():
            problems.append(Problem(name, MISSING, known[-1].rule))
        elif not _matches(path, known):
            problems.append(Problem(name, DAMAGED, known[-1].rule))
    problems += [
        Problem(name, UNRECORDED, "") for name in _result_files(results) if name not in checksums
    ]
    return sorted(problems)


def _result_files(results: Path) -> list[str]:
    return [
        path.relative_to(results).as_posix()
        for path in results.rglob("*")
        if not path.is_dir()
        and path.relative_to(results).parts[0] not in _NO_RESULTS
        and not path.name.startswith(".")
    ]


def _matches(path: Path, known: Iterable[Checksum]) -> bool:
    """Return whether a file has one of its recorded checksums."""
    try:
        if not path.is_file():
            return False
        sizes = path.stat().st_size
        candidates = [each.sha256 for each in known if each.size == sizes]
        return bool(candidates) and sha256(path) in candidates
    except OSError as error:
        raise of_the_system(error, str(path)) from error


def _read(path: Path, job: Path) -> dict[str, Any] | None:
    """Return the content of a job's record, or None if there is none or it is damaged."""
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
        intact = text == _text(content) and content["job"] == job.as_posix()
        intact = intact and content.pop("record") == _digest(content)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise of_the_system(error, str(path)) from error
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return None
    return content if intact else None


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(_text(content).encode()).hexdigest()


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1) + "\n"


def of_log(log: str | Path) -> tuple[Path, Path]:
    """Return the folder of results and the name of the record of a job, from its log.

    Raises
    ------
    InputError
        If the log is not in the folder of logs.
    """
    parts = Path(log).parts
    for number, pair in enumerate(pairwise(parts)):
        if pair == (RESULTS, "logs"):
            return Path(*parts[: number + 1]), Path(*parts[number + 2 :]).with_suffix("")
    raise InputError(str(log), f"is not in {RESULTS}/logs.")

"""Verification of results against their checksums, and recomputation of those that differ.

The records list what jobs wrote; Snakemake's plan lists what the configuration makes. A file that
is recorded but not planned belongs to another configuration with results in the same folder: its
damage is reported, its absence is not.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from neuro_attn import checksums
from neuro_attn.checksums import DAMAGED, MISSING, UNRECORDED, Problem
from neuro_attn.errors import InputError, printable

_MOST_FORCED = 1000
"""Maximum number of files per call of Snakemake, limited by the length of a command."""
_MOST_PASSES = 4
_NOT_WRONG = {
    MISSING: "missing results of other configurations",
    UNRECORDED: "files that this configuration does not make",
}


class Planned(NamedTuple):
    """A file that the configuration makes: its rule, and whether it is missing.

    Files that Snakemake removes once they have been used (``temp``) are never missing.
    """

    rule: str
    missing: bool


def read_summary(text: str, results: str | Path) -> dict[str, Planned]:
    """Return the files in a summary of Snakemake, by their path in the folder of results."""
    header, *rows = [line.split("\t") for line in text.splitlines() if "\t" in line]
    column = {name: number for number, name in enumerate(header)}
    return {
        Path(row[column["output_file"]]).relative_to(results).as_posix(): Planned(
            row[column["rule"]], row[column["status"]] == "missing"
        )
        for row in rows
    }


def found(
    results: str | Path, planned: Mapping[str, Planned] | None, kept: str
) -> tuple[list[Problem], list[Problem]]:
    """Return the problems of a folder of results, and the differences that are not problems.

    Parameters
    ----------
    results : str or Path
        Folder of results.
    planned : mapping or None
        Files that the configuration makes; None if unknown: then every difference is a problem.
    kept : str
        A file that is recorded but not planned, such as the report.

    Raises
    ------
    InputError
        If nothing is recorded, or a file cannot be read.
    """
    if not any((Path(results) / checksums.CHECKSUMS).rglob("*.json")):
        raise InputError(
            str(results),
            "contains no checksums.",
            "neuro-attn run and report record them; with --verify, they recompute results that "
            "have none.",
        )
    if planned is None:
        return checksums.verify(results), []
    problems = _differing(results, planned)
    listed = {problem.path for problem in problems}
    problems += [
        Problem(path, MISSING, each.rule)
        for path, each in planned.items()
        if each.missing and path not in listed
    ]
    wrong: list[Problem] = []
    other: list[Problem] = []
    for problem in sorted(problems):
        path = problem.path
        if path in planned:
            problem = problem._replace(rule=planned[path].rule)
        is_ours = path in planned or path == kept or problem.kind == DAMAGED
        (wrong if is_ours else other).append(problem)
    return wrong, other


def tell(
    results: str | Path, planned: Mapping[str, Planned] | None, kept: str, remedy: str
) -> bool:
    """Print the problems of a folder of results; return whether there are none. See `found`."""
    wrong, other = found(results, planned, kept)
    if wrong:
        print(*table(wrong, results), sep="\n")
    for kind, said in _NOT_WRONG.items():
        if paths := [each.path for each in other if each.kind == kind]:
            print(f"Not counted: {len(paths)} {said}, such as {printable(paths[0])}.")
    if wrong:
        print(f"Results in {results} that differ from their checksums: {len(wrong)}.")
        print(remedy)
    else:
        n = len(checksums.recorded(results)[0])
        print(f"All {n} results in {results} match their checksums.")
    return not wrong


def table(problems: Sequence[Problem], results: str | Path) -> list[str]:
    """Return the lines of a table of problems; paths are never cut."""
    rows = [("problem", "rule", "file")]
    rows += [(each.kind, each.rule or "unknown", f"{results}/{each.path}") for each in problems]
    widths = [max(len(row[k]) for row in rows) for k in (0, 1)]
    return [
        f"  {kind:<{widths[0]}}  {rule:<{widths[1]}}  {printable(path)}"
        for kind, rule, path in rows
    ]


def restore(
    results: str | Path,
    plan: Callable[[], Mapping[str, Planned]],
    remake: Callable[[Sequence[str]], None],
) -> bool:
    """Recompute damaged and missing results, and those without a record; remove damaged ones first.

    Results that depend on a recomputed file are recomputed as well, since Snakemake also runs all
    jobs that follow a forced job.

    Parameters
    ----------
    results : str or Path
        Folder of results.
    plan : callable
        Returns the files that the configuration makes. It is called only after damaged files were
        removed, since planning reads results.
    remake : callable
        Called with the paths of files that Snakemake must recompute, besides all outdated files.

    Returns
    -------
    bool
        Whether anything was recomputed.

    Raises
    ------
    InputError
        If files are still damaged or missing afterwards, or cannot be removed.
    """
    remade = False
    if not (Path(results) / checksums.CHECKSUMS).is_dir():
        return remade
    for _ in range(_MOST_PASSES):
        damaged = [each for each in checksums.verify(results) if each.kind == DAMAGED]
        for problem in damaged:
            _remove(Path(results) / problem.path)
        planned = plan()
        differing = {each.path: each for each in _differing(results, planned)}
        # Results that were never written are planned and missing, too; they need no message.
        told = {path: each for path, each in differing.items() if path in planned}
        told |= {each.path: each for each in damaged}
        if told:
            print(f"neuro-attn: recomputing {_counted(len(told))}:")
            print(*table(sorted(told.values()), results), sep="\n", flush=True)
        wanted = [path for path, each in planned.items() if each.missing or path in differing]
        if not wanted:
            return remade
        remake([f"{results}/{path}" for path in wanted[:_MOST_FORCED]])
        remade = True
    raise InputError(
        str(results),
        f"results are damaged or missing again after recomputation, such as {wanted[0]}.",
        "Check the disk, and whether another program writes to this folder.",
    )


def _differing(results: str | Path, planned: Mapping[str, Planned]) -> list[Problem]:
    """Return all problems of a folder of results but removed temporary files."""
    temporary = {path for path, each in planned.items() if not each.missing}
    return [
        each
        for each in checksums.verify(results)
        if each.kind != MISSING or each.path not in temporary
    ]


def _counted(n: int) -> str:
    return "1 result" if n == 1 else f"{n} results"


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        raise InputError(
            str(path), "is a folder, but a result has this name.", "Move or rename it."
        )
    path.unlink(missing_ok=True)

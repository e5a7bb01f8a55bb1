"""Running Snakemake from the command line, with one line of progress and one message per error.

A run holds a lock that the operating system releases when its processes end, however they end.
The lock's file contains the process id of Snakemake until Snakemake exits. The next run thus
detects that a run was killed, cleans up and recomputes incomplete results.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from neuro_attn import budget, checksums, configuration, published, sources
from neuro_attn.command_line import remaining, verifying
from neuro_attn.command_line.calling import DATA_VARIABLE, Run, command, environment, shows
from neuro_attn.command_line.failures import WorkflowError, failure, located
from neuro_attn.command_line.folders import (
    ANSWER,
    REPORT,
    RESULTS,
    alone,
    check_folder,
    new_log,
)
from neuro_attn.command_line.processes import (
    TEXT,
    UNLOCKING,
    Process,
    interrupted_by_signals,
)
from neuro_attn.command_line.progress import RUNNING, elapsed
from neuro_attn.command_line.reruns import Reruns
from neuro_attn.command_line.surroundings import replacements
from neuro_attn.errors import InputError
from neuro_attn.escaping import printable
from neuro_attn.files import PARTIAL, remove_partial
from neuro_attn.provenance import STORE
from neuro_attn.report.securing import secure_report
from neuro_attn.results.names import selected
from neuro_attn.sources import manifest


def run(what: Run, report: bool = False) -> None:
    """Compute all results and, if requested, the report.

    Raises
    ------
    InputError
        If the configuration is invalid, or another run is in progress in the folder.
    WorkflowError
        If Snakemake failed.
    KeyboardInterrupt
        If the run was stopped; Snakemake and its jobs have ended by then.
    """
    began = time.monotonic()
    positions = _checked(what)
    for other in what.others:
        if other.startswith("--configf"):
            raise InputError(
                other,
                "cannot be passed to Snakemake.",
                "Give the configuration as CONFIG: neuro-attn run CONFIG.",
            )
    if shows(what.others):
        if what.verify:
            raise InputError(
                "--verify",
                "removes damaged results; do not combine it with options that only print.",
                "To list damaged results without changes, run neuro-attn verify CONFIG.",
            )
        with located(positions, what.config):
            _show(what)
        return
    if RESULTS.exists() and not RESULTS.is_dir():
        raise InputError(
            str(RESULTS),
            "is a file; results are written to a folder of this name.",
            "Move or rename the file.",
        )
    _read_first_sessions(what, positions)
    with interrupted_by_signals(), alone() as (lock, was_killed), new_log() as log:
        process = Process(what, lock, log, began)
        for remark in replacements(os.environ)[1]:
            print(f"neuro-attn: {remark}", flush=True)
        if was_killed:
            print(
                "neuro-attn: the last run was killed; its incomplete results are recomputed",
                flush=True,
            )
            if n_jobs := remaining.cancel_jobs():
                print(f"neuro-attn: cancelled its {n_jobs} jobs on the cluster", flush=True)
            remove_partial(RESULTS)
            process.run(["--unlock"], UNLOCKING)
        with located(positions, what.config):
            if not (what.verify and _restored(what, process)):
                process.run(what.others, RUNNING)
        if summary := process.reruns.summary("ran again"):
            print(f"neuro-attn: {summary}")
        _report_left_out(what)
        if report:
            unsecured = RESULTS / f"{PARTIAL}{REPORT.name}"
            try:
                process.run(["--report", str(unsecured)], "building the report")
                secure_report(unsecured, REPORT)
            finally:
                unsecured.unlink(missing_ok=True)
            checksums.record("report", REPORT.stem, [str(REPORT)], RESULTS)
        if report or not what.others:
            # Other arguments can name targets, without what the answer needs.
            _print_headlines(what)
            snakemakes = f", Snakemake's report in {REPORT}" if report else ""
            print(f"neuro-attn: the answer is in {ANSWER}{snakemakes}")
        print(f"neuro-attn: finished in {elapsed(began)}; the log is {log.name}")


def _print_headlines(what: Run) -> None:
    """Print for each data set which regions share a code, or predict a continuous label."""
    # Nothing else in this process needs pandas.
    from neuro_attn.figures import prediction_words, verdict_words
    from neuro_attn.results import read_csv

    for name, dataset in configuration.load(what.config).datasets.items():
        folder = RESULTS / name
        if (path := folder / "verdicts.csv").is_file():
            answer = verdict_words.headline(read_csv(path))
        elif (path := folder / "predictions.csv").is_file():
            answer = prediction_words.headline(read_csv(path), dataset)
        else:
            continue
        print(f"neuro-attn: {printable(f'{name}: {answer}')}")


def _read_first_sessions(what: Run, positions: configuration.Positions) -> None:
    """Read one session of each data set that has no results, without binning its spikes.

    Problems that all files of a data set share, such as spikes in milliseconds, are thus reported
    at once rather than after the first jobs.

    Raises
    ------
    InputError
        As the job that reads the data set would.
    """
    settings = configuration.load(what.config)
    for name, dataset in settings.datasets.items():
        reads_files = sources.SOURCES[dataset.source].reads_files
        if not reads_files or (RESULTS / name / "recordings").exists():
            continue
        with _located(positions, what.config):
            outlines = sources.outlines(name, dataset, _folder(what, settings), settings.seed)
            first = next(outlines, None)
            if isinstance(first, InputError) and dataset.sessions.on_error == "stop":
                raise first


def _with_manifest(what: Run, positions: configuration.Positions) -> Run:
    """Find the files of all data sets, and return the run with the digest of their manifest."""
    settings = configuration.load(what.config)
    with _located(positions, what.config):
        found = manifest.written(
            {**settings.datasets, **settings.activation_files()}, _folder(what, settings), STORE
        )
    return replace(what, manifest=found)


def _folder(what: Run, settings: configuration.Configuration) -> str:
    """Return the folder to which the files of a run are relative."""
    return what.data or os.environ.get(DATA_VARIABLE) or settings.data_folder


@contextmanager
def _located(positions: configuration.Positions, config: str) -> Iterator[None]:
    """Add the file and line to errors that concern a key."""
    try:
        yield
    except InputError as error:
        raise error.at(positions.located(error.where, config)) from error.__cause__


def _report_left_out(what: Run) -> None:
    """Print which sessions could not be read and are in no result."""
    for name in configuration.load(what.config).datasets:
        table = RESULTS / name / "sessions_left_out.csv"
        if not table.exists():
            continue
        for session in selected(table, "session", cause="unreadable"):
            (reason,) = selected(table, "reason", session=session)
            print(f"neuro-attn: session {session!r} of {name} is left out: {reason}")


def verify(what: Run, results: str | None = None) -> bool:
    """Print which results differ from their checksums; return whether all are as recorded.

    Parameters
    ----------
    what : Run
        Arguments of the run that made the results.
    results : str, optional
        Folder of results that were moved. The configuration is then not considered.

    Raises
    ------
    InputError
        If the configuration is invalid, a run is in progress, or nothing is recorded.
    """
    if results is not None:
        remedy = "To recompute them, run neuro-attn run --verify CONFIG where they were computed."
        return verifying.tell(results, None, REPORT.name, remedy)
    _checked(what)
    with alone():
        try:
            planned = _planned(what)
        except WorkflowError as error:
            print(f"neuro-attn: the run cannot be planned, so all records count: {error}")
            planned = None
        remedy = f"To recompute them, run neuro-attn run --verify {what.config}"
        return verifying.tell(RESULTS, planned, REPORT.name, remedy)


def _checked(what: Run) -> configuration.Positions:
    """Raise `InputError` unless the folder and the configuration are valid."""
    check_folder()
    # Snakemake would execute the code of a configuration that is a template, so we read it first.
    keys, positions = configuration.read(what.config)
    settings = configuration.parse(keys, what.config, positions)
    with budget.limited(what.memory or settings.memory):
        configuration.check_products(settings)
    try:
        published.check_published(settings)
    except InputError as error:
        raise error.at(positions.located(error.where, what.config)) from None
    return positions


def _planned(what: Run) -> dict[str, verifying.Planned]:
    """Return the files that the configuration makes."""
    done = subprocess.run(
        command(what, [*what.others, "--summary"]),
        env=environment(what),
        capture_output=True,
        **TEXT,
    )
    if done.returncode:
        lines = done.stderr.splitlines(keepends=True)
        raise failure(lines, "Snakemake failed. The end of what it printed:")
    return verifying.read_summary(done.stdout, RESULTS)


def _restored(what: Run, process: Process) -> bool:
    """Recompute results that differ from their checksums; return whether this completed the run."""
    return verifying.restore(
        RESULTS,
        lambda: _planned(what),
        lambda paths: process.run([*what.others, "--forcerun", *paths], RUNNING),
    )


def _show(what: Run) -> None:
    """Run Snakemake with its output printed to the terminal or pipe."""
    reruns = Reruns()
    with tempfile.TemporaryFile("w+", **TEXT) as errors:
        with subprocess.Popen(
            command(what, what.others),
            env=environment(what),
            stdout=subprocess.PIPE,
            stderr=errors,
            **TEXT,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                sys.stdout.write(line)
                reruns.read(line)
        errors.seek(0)
        lines = errors.readlines()
    if process.returncode:
        raise failure(lines, "Snakemake failed. The end of what it printed:")
    sys.stderr.writelines(lines)
    if summary := reruns.summary("would run again"):
        print(f"neuro-attn: {summary}")

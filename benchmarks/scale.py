"""Planning with as many sessions as the International Brain Laboratory has.

`python -m benchmarks.scale` writes 459 sessions of 12 of 240 regions with few units and trials as
ALF folders, and prints how many file-system calls and how much processor time it takes to parse the
workflow and to plan a run: as Snakemake does by itself, and with the manifest of the run, as in
jobs. The regions are planned as if all sessions had been read. It needs strace.

With `--run`, it really reads all sessions and decodes 12 of the regions, with two jobs at a time,
and prints the processor time and the size of Snakemake's metadata.
"""

import argparse
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from neuro_attn import configuration
from neuro_attn.locations import PROJECT
from neuro_attn.onboarding import needs
from neuro_attn.provenance import STORE
from neuro_attn.results import columns_of
from neuro_attn.sources import manifest

REGIONS, REGIONS_OF_SESSION = 240, 12
DECODED = 12
"""Regions that `--run` decodes."""
KEYS = {
    "source": "alf",
    "files": "lab/Subjects/*/*/*",
    "label": "side",
    "tasks": {
        "left_block": {"trials": "block == 'left'", "align": "cue"},
        "right_block": {"trials": "block == 'right'", "align": "cue"},
    },
    "time": {"start": 0.0, "stop": 0.4, "bin": 0.1},
    "windows": {"late": [0.2, 0.4]},
    "regions": {"column": "acronym", "min_units": 2},
    "decoding": {"population": "pseudopopulation", "draws": 1},
    "inference": {"permutations": 20, "bootstraps": 20},
}


def regions_of(number: int) -> np.ndarray:
    """Return the regions of a session."""
    return np.random.default_rng(number).choice(REGIONS, REGIONS_OF_SESSION, replace=False)


def write_session(folder: Path, number: int, *, trials: int, units: int) -> None:
    """Write a session of two probes, with `units` units in each of its regions."""
    rng = np.random.default_rng(number)
    regions = regions_of(number)
    cue = 5 + 2.0 * np.arange(trials)
    side = np.where(np.arange(trials) % 2, "left", "right")
    table = pd.DataFrame({"cue": cue, "side": side})
    table["block"] = np.where(np.arange(trials) // 2 % 2, "left", "right")
    (folder / "alf").mkdir(parents=True)
    table.to_parquet(folder / "alf/_ibl_trials.table.pqt")
    for probe, of_probe in enumerate(np.split(regions, 2)):
        place = folder / f"alf/probe{probe:02}/pykilosort"
        place.mkdir(parents=True)
        acronyms = np.repeat([f"R{region:03}" for region in of_probe], units)
        n_spikes = 20 * trials * len(acronyms)
        clusters = rng.integers(len(acronyms), size=n_spikes)
        times = np.sort(rng.uniform(0, cue[-1] + 2, n_spikes))
        np.save(place / "spikes.times.npy", times)
        np.save(place / "spikes.clusters.npy", clusters.astype(np.uint32))
        metrics = pd.DataFrame({"cluster_id": range(len(acronyms)), "acronym": acronyms})
        metrics.to_parquet(place / "clusters.metrics.pqt")


def write(folder: Path, sessions: int, *, trials: int, units: int) -> None:
    """Write sessions of 12 of 240 regions, and a configuration that reads them."""
    for number in range(sessions):
        place = f"data/lab/Subjects/mouse{number // 4:03}/2024-05-{number % 4 + 1:02}/001"
        write_session(folder / place, number, trials=trials, units=units)
    keys = {"data_folder": "data", "datasets": {"ibl": KEYS}}
    (folder / "scale.yaml").write_text(yaml.safe_dump(keys, sort_keys=False))


def pretend(sessions: int, units: int) -> None:
    """Write empty recordings and the tables of the job `regions`, without reading the sessions."""
    results = Path("results/ibl")
    (results / "recordings").mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(sessions):
        session = f"mouse{number // 4:03}_2024-05-{number % 4 + 1:02}_001"
        (results / f"recordings/{session}.nc").touch()
        for region in regions_of(number):
            rows.append((f"R{region:03}", session, units))
    found = pd.DataFrame(rows, columns=columns_of("session_units")).sort_values("region")
    tables = {"session_units": found}
    together = found.groupby("region", as_index=False)["n_units"].sum()
    tables["regions"] = together.reindex(columns=columns_of("regions"), fill_value=0)
    for name in ("sessions", "sessions_left_out"):
        tables[name] = pd.DataFrame(columns=columns_of(name))
    # Rows of regions say that each has jobs of its own for geometry, codes and so on.
    rules = ["decode", *needs.OF_REGION.values()]
    costs = pd.MultiIndex.from_product([rules, together["region"]], names=["rule", "region"])
    tables["costs"] = costs.to_frame(index=False).reindex(columns=columns_of("costs"), fill_value=1)
    for name, table in tables.items():
        table.to_csv(results / f"{name}.csv", index=False)


def snakemake(*arguments: str) -> list[str]:
    return [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(PROJECT / "Snakefile")),
        *("--configfile", "scale.yaml", *(() if "--cores" in arguments else ("--cores", "1"))),
        *arguments,
    ]


def seconds(command: list[str], folder: Path, environment: Mapping[str, str]) -> float:
    """Return the processor time of a command, s."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def calls(command: list[str], folder: Path, environment: Mapping[str, str]) -> list[int]:
    """Return the file-system calls of a command: all, and those on our code and on the data."""
    traced = folder / "strace.txt"
    watch = ["strace", "-f", "-qq", "-o", str(traced), "-e", "trace=%file,getdents64", "-y"]
    subprocess.run([*watch, *command], cwd=folder, env=environment, check=True, capture_output=True)
    lines = traced.read_text(errors="replace").splitlines()
    ours = rf"{PROJECT}/(neuro_attn|workflow)\b"
    return [sum(bool(re.search(what, line)) for line in lines) for what in ("", ours, "data/lab")]


def show(what: str, command: list[str], folder: Path, environment: Mapping[str, str]) -> None:
    """Print calls and processor time of a command."""
    everything, of_code, of_data = calls(command, folder, environment)
    took = seconds(command, folder, environment)
    print(
        f"{what:<36}{everything:>9,} calls{of_code:>8,} of our code{of_data:>8,} of the data"
        f"{took:>6.1f} s",
        flush=True,
    )


def run(folder: Path, sessions: int) -> None:
    """Read all sessions, decode the first regions, and print what this took."""
    place = folder / "run"
    place.mkdir(exist_ok=True)
    keys = yaml.safe_load((folder / "scale.yaml").read_text()) | {"data_folder": "../data"}
    (place / "scale.yaml").write_text(yaml.safe_dump(keys, sort_keys=False))
    targets = [f"results/ibl/decoding/R{region:03}.nc" for region in range(DECODED)]
    begun = time.monotonic()
    command = snakemake("--cores", "2", "--quiet", "progress", "--", *targets)
    took = seconds(command, place, {**os.environ, "PYTHONPATH": str(PROJECT)})
    elapsed = time.monotonic() - begun
    recorded = len(list((place / "results/ibl/recordings").glob("*.nc")))
    if recorded != sessions or not all((place / target).exists() for target in targets):
        raise SystemExit(f"{recorded} of {sessions} recordings, or not all regions, are there")
    jobs = list((place / ".snakemake/metadata").rglob("*"))
    size = sum(file.stat().st_size for file in jobs if file.is_file())
    print(
        f"{recorded} sessions read and {DECODED} regions decoded in {elapsed / 60:.1f} min, "
        f"{took / 60:.1f} min of processor time; {size / 1e6:.2f} MB of metadata"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="new folder, or one that this benchmark wrote")
    parser.add_argument("--sessions", type=int, default=459)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--units", type=int, default=2, help="of a region in a session")
    parser.add_argument("--run", action="store_true", help="read all sessions, decode 12 regions")
    given = parser.parse_args()
    folder: Path = given.folder.absolute()
    if not (folder / "scale.yaml").exists():
        write(folder, given.sessions, trials=given.trials, units=given.units)
    if given.run:
        run(folder, given.sessions)
        return
    os.chdir(folder)
    bare = {**os.environ, "PYTHONPATH": str(PROJECT)}
    (folder / "bare.smk").write_text("rule bare:\n    output: 'bare'\n")
    alone = [sys.executable, "-m", "snakemake", "--snakefile", "bare.smk", "--list-rules"]
    show("Snakemake without a workflow", alone, folder, bare)
    show("parse, no manifest", snakemake("--list-rules"), folder, bare)
    settings = configuration.load("scale.yaml")
    found = manifest.written(settings.datasets, settings.data_folder, STORE)
    known = {**bare, manifest.VARIABLE: found}
    show("parse with the manifest of the run", snakemake("--list-rules"), folder, known)
    show("plan of all sessions", snakemake("--dry-run", "--quiet"), folder, known)
    pretend(given.sessions, given.units)
    done = snakemake("--dry-run", "--quiet", "--rerun-triggers", "mtime")
    show("plan of all regions", done, folder, known)


if __name__ == "__main__":
    main()

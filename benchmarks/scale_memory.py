"""Memory and processor time of every job of a data set, from small sizes to large recordings.

`python -m benchmarks.scale_memory FOLDER` writes sessions of random spikes as ALF folders, runs the
jobs of the workflow one by one, and measures the largest resident memory and the processor time of
each. benchmarks/scale_memory.json has the results; the constants of `neuro_attn.onboarding.needs`
are fitted to them. `--only NAME` measures single sizes and keeps the others of the file.

Each job is a fork of a process that has imported everything, and runs the script of the workflow.
Its time is thus without the 2 s in which a job imports, and we add the memory that it shares.
"""

import argparse
import json
import os
import runpy
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import yaml

from benchmarks.machine import description
from neuro_attn import checksums, recording
from neuro_attn.configuration import load, parse
from neuro_attn.configuration.blocks import blocks
from neuro_attn.files import write_text
from neuro_attn.inference import nulls
from neuro_attn.locations import PROJECT
from neuro_attn.onboarding import cost, needs
from neuro_attn.results import read_csv
from neuro_attn.study import Study

WRITTEN = Path(__file__).with_suffix(".json")
NAME = "measured"
RESULTS = f"results/{NAME}"
BIN, GAP = 0.05, 0.5
"""Width of a bin, and time between trials, s."""
SHARED = 80e6
"""Bytes of libraries that forks share with their parent: a job of its own took 70 to 90 MB more."""
RATE, TUNED = 5.0, 0.05
"""Mean rate of units, spikes/s, and the fraction of them that fires more for one class."""


class Size(NamedTuple):
    """A data set in which all sessions have the same regions, units and trials.

    Parameters
    ----------
    sessions : int
    units, trials : int
        Units of a region in a session; trials of a session, in two tasks and classes.
    bins, permutations : int
        Of the decoding. One job decodes the first block of permutations; the others are copies.
    regions : int
    pooled : bool
        Whether the units of all sessions are decoded together.
    """

    sessions: int
    units: int
    trials: int
    bins: int
    permutations: int
    regions: int = 1
    pooled: bool = False


SIZES = {
    "small": Size(2, 10, 80, 8, 20),
    "sessions": Size(20, 10, 80, 8, 20),
    "units": Size(1, 400, 400, 8, 20),
    "bins": Size(1, 6, 80, 60, 20),
    "permutations": Size(1, 6, 80, 60, 1000),
    "permutations, sessions": Size(20, 6, 80, 20, 1000),
    "pooled": Size(20, 10, 80, 20, 200, pooled=True),
    "regions": Size(4, 50, 200, 20, 20, regions=8),
    "blocks": Size(1, 6, 80, 60, 5000),
    "large, 2 permutations": Size(1, 2000, 1500, 60, 2),
    "large, 8 permutations": Size(1, 2000, 1500, 60, 8),
    "region of 150 sessions": Size(150, 4, 40, 10, 10_000),
}
"""The last three are those of docs/cluster.md."""
DECODING = {"draws": 1, "units": "all"}
BOOTSTRAPS = 20


class Measured(NamedTuple):
    """What a command took: its largest process, bytes, and processor time, s."""

    memory: float
    seconds: float


def session_folder(number: int) -> str:
    """Return the folder of a session."""
    return f"data/lab/Subjects/mouse{number // 4:03}/2024-05-{number % 4 + 1:02}/001"


def write_session(folder: Path, number: int, size: Size) -> None:
    """Write a session of Poisson spikes; some units fire more in trials of one class."""
    rng = np.random.default_rng(number)
    step = size.bins * BIN + GAP
    cue = 1 + step * np.arange(size.trials)
    left = np.arange(size.trials) % 2 == 0
    table = pd.DataFrame({"cue": cue, "side": np.where(left, "left", "right")})
    table["block"] = np.where(np.arange(size.trials) // 2 % 2, "left", "right")
    place = folder / "alf/probe00/pykilosort"
    place.mkdir(parents=True)
    table.to_parquet(folder / "alf/_ibl_trials.table.pqt")
    acronyms = np.repeat([f"R{region:03}" for region in range(size.regions)], size.units)
    metrics = pd.DataFrame({"cluster_id": range(len(acronyms)), "acronym": acronyms})
    metrics.to_parquet(place / "clusters.metrics.pqt")
    duration = cue[-1] + step
    clusters = rng.integers(len(acronyms), size=int(RATE * duration * len(acronyms)))
    times = rng.uniform(0, duration, len(clusters))
    # Half of the spikes of tuned units move to the trials of the first class.
    moved = np.flatnonzero((clusters < TUNED * len(acronyms)) & (rng.random(len(clusters)) < 0.5))
    times[moved] = rng.choice(cue[left], len(moved)) + rng.uniform(0, step - GAP, len(moved))
    order = np.argsort(times)
    np.save(place / "spikes.times.npy", times[order])
    np.save(place / "spikes.clusters.npy", clusters[order].astype(np.uint32))


def write(folder: Path, size: Size) -> None:
    """Write the sessions of a size, and a configuration that reads them."""
    for number in range(size.sessions):
        write_session(folder / session_folder(number), number, size)
    (folder / "scale.yaml").write_text(yaml.safe_dump(keys_of(size), sort_keys=False))


def keys_of(size: Size) -> dict[str, Any]:
    """Return the configuration that reads and analyses the sessions of a size."""
    stop = round(size.bins * BIN, 9)
    dataset = {
        "source": "alf",
        "files": "lab/Subjects/*/*/*",
        "label": "side",
        "tasks": {
            f"{side}_block": {"trials": f"block == '{side}'", "align": "cue"}
            for side in ("left", "right")
        },
        "time": {"start": 0.0, "stop": stop, "bin": BIN},
        "windows": {"all": [0.0, stop]},
        "regions": {"column": "acronym"},
        "confounds": ["trial_number"],
        "inference": {"permutations": size.permutations, "bootstraps": BOOTSTRAPS},
        "decoding": {
            "population": "pseudopopulation" if size.pooled else "simultaneous",
            **DECODING,
        },
    }
    return {"data_folder": "data", "memory": 64, "datasets": {NAME: dataset}}


class Files(list[str]):
    """Files of a job by name, as Snakemake passes them to its script."""

    def __init__(self, **named: str | list[str]):
        self.named = named
        for each in named.values():
            self.extend([each] if isinstance(each, str) else each)

    def __getattr__(self, name: str) -> str | list[str]:
        return self.named[name]

    def items(self) -> Iterable[tuple[str, str | list[str]]]:
        """Return names and files."""
        return self.named.items()

    def __getitem__(self, key: Any) -> Any:
        return self.named[key] if isinstance(key, str) else super().__getitem__(key)


def run(script: str, folder: Path, **given: Any) -> Measured:
    """Run a script of the workflow as a job in a folder."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.chdir(folder)
            log = Path(f"{checksums.RESULTS}/logs/{script}.log")
            log.parent.mkdir(parents=True, exist_ok=True)
            job = SimpleNamespace(rule=script, log=[str(log)], **given)
            path = PROJECT / f"workflow/scripts/{script}.py"
            runpy.run_path(str(path), init_globals={"snakemake": job})
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    _, status, used = os.wait4(child, 0)
    if status:
        raise RuntimeError(f"{script} failed in {folder}")
    return Measured(SHARED + 1024.0 * used.ru_maxrss, used.ru_utime + used.ru_stime)


class Jobs:
    """The jobs of a data set in a folder, in order."""

    def __init__(self, folder: Path, size: Size):
        self.folder, self.size = folder, size
        self.dataset = load(folder / "scale.yaml").datasets[NAME]
        self.regions = [f"R{region:03}" for region in range(size.regions)]
        sessions = ["_".join(session_folder(n).split("/")[-3:]) for n in range(size.sessions)]
        self.sessions = sessions
        self.recordings = [f"{RESULTS}/recordings/{name}.nc" for name in sessions]
        self.decodings = [f"{RESULTS}/decoding/{region}.nc" for region in self.regions]
        self.reductions = [f"{RESULTS}/reduced/{region}.nc" for region in self.regions]
        self.table = f"{RESULTS}/regions.csv"

    def settings(self, permutations: int) -> dict[str, Any]:
        """Return the settings of the data set with a number of permutations."""
        keys = self.dataset.model_dump(mode="json")
        keys["inference"]["permutations"] = permutations
        return keys

    def run(self, script: str, permutations: int, *, region: str = "", **given: Any) -> Measured:
        """Run a script on the recordings or on what `given` has."""
        params = SimpleNamespace(
            settings=self.settings(permutations), seed=0, n_units=None, **given.pop("params", {})
        )
        return run(
            script,
            self.folder,
            wildcards=SimpleNamespace(dataset=NAME, region=region),
            config={"permutations": {NAME: permutations}, "leave_out": []},
            **{"params": params, **given},
        )

    def record(self) -> Measured:
        """Read all sessions; return what the largest needs."""
        found = []
        for number, (name, output) in enumerate(zip(self.sessions, self.recordings, strict=True)):
            params = {"name": NAME, "paths": [session_folder(number)], "sessions": [name]}
            took = self.run(
                "recordings",
                1,
                input=Files(),
                output=Files(recording=output),
                params={**params, "folder": "."},
            )
            found.append(took)
        return max(found)

    def of_dataset(self, script: str, permutations: int, **outputs: str) -> Measured:
        """Run a script that reads all recordings and writes tables."""
        tables = {name: f"{RESULTS}/{file}.csv" for name, file in outputs.items()}
        return self.run(
            script,
            permutations,
            input=Files(recordings=self.recordings, regions=self.table),
            output=Files(**tables),
        )

    def decode(self) -> Measured:
        """Decode the first block of permutations of each region; return what the largest needs."""
        return max(
            self.run(
                "decode",
                self.first_block,
                region=region,
                input=Files(recordings=self.recordings),
                output=Files(decoding=output),
            )
            for region, output in zip(self.regions, self.decodings, strict=True)
        )

    @property
    def first_block(self) -> int:
        """Number of permutations that `decode` decodes."""
        return len(blocks(self.size.permutations)[0])

    def reduce(self) -> Measured:
        """Test each region against all its permutations; return what the largest needs."""
        found = []
        for region, decoding, output in zip(
            self.regions, self.decodings, self.reductions, strict=True
        ):
            took = self.run(
                "reduce",
                self.size.permutations,
                input=Files(decoding=decoding, nulls=self._copies(region, decoding)),
                output=Files(reduced=output),
            )
            found.append(took)
        return max(found)

    def _copies(self, region: str, decoding: str) -> list[str]:
        """Write further blocks of permutations: links to one with the nulls of the first."""
        n_blocks = len(blocks(self.size.permutations))
        names = [f"{RESULTS}/nulls/{region}/{number}.nc" for number in range(1, n_blocks)]
        for number, name in enumerate(names):
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if number:
                os.link(self.folder / names[0], path)
                continue
            decoded = recording.on_disk(self.folder / decoding, nulls.STORED)
            recording.save(decoded[[each for each in nulls.STORED if each in decoded]], path)
        return names

    def infer(self) -> Measured:
        """Infer over all regions."""
        tables = ("transfer", "summary", "onsets", "unit_counts", "trial_counts")
        outputs = {name: f"{RESULTS}/{name}.csv" for name in tables}
        return self.run(
            "infer",
            self.size.permutations,
            input=Files(reduced=self.reductions),
            output=Files(cross_temporal=f"{RESULTS}/cross_temporal.nc", **outputs),
        )


TABLES = {
    "regions": {
        "costs": "costs",
        "sessions": "sessions",
        "table": "regions",
        "session_units": "session_units",
        "left_out": "sessions_left_out",
    },
    "compare_codes": {
        name: name for name in ("overlap", "overlap_differences", "overlap_sessions", "verdicts")
    },
    "measure_geometry": {
        "geometry": "geometry",
        "left_out": "geometry_left_out",
        "over_time": "geometry_over_time",
        "color_information": "color_information",
        "color_planes": "color_planes",
    },
    "decode_confounds": {"confounds": "confounds"},
}
"""Tables that the jobs of a data set write, by the names of their outputs."""


def measure(folder: Path, size: Size, without: Sequence[str]) -> dict[str, Any]:
    """Run the jobs of a size; return the size of its populations, and what each rule took."""
    if not (folder / "scale.yaml").exists():
        write(folder, size)
    jobs = Jobs(folder, size)
    took: dict[str, Measured] = {}
    steps: dict[str, Callable[[], Measured]] = {
        "record": jobs.record,
        "regions": partial(jobs.of_dataset, "regions", jobs.first_block, **TABLES["regions"]),
        "decode": jobs.decode,
        "reduce": jobs.reduce,
        "infer": jobs.infer,
        **{
            script: partial(jobs.of_dataset, script, jobs.first_block, **TABLES[script])
            for script in ("compare_codes", "measure_geometry", "decode_confounds")
        },
    }
    for rule, step in steps.items():
        if rule in without:
            continue
        took[rule] = step()
        memory, seconds = took[rule]
        print(f"{rule:<20}{memory / 1e9:>8.2f} GB{seconds:>10.1f} s", flush=True)
    outlines = [recording.outline(folder / file) for file in jobs.recordings]
    works, rates = cost.works_of(
        outlines, Study(NAME, jobs.dataset, 0), read_csv(folder / jobs.table)
    )
    return {
        "size": size._asdict(),
        "work": asdict(works["R000"][0]),
        "populations": len(works["R000"]),
        "rates": rates["R000"],
        "took": {rule: each._asdict() for rule, each in took.items()},
    }


def predicted(found: dict[str, Any]) -> dict[str, float]:
    """Return the memory that `neuro-attn check` expects of each measured rule, bytes."""
    size = Size(**found["size"])
    populations = [needs.Work(**found["work"])] * found["populations"]
    regions = [f"R{region:03}" for region in range(size.regions)]
    dataset = parse(keys_of(size)).datasets[NAME]
    expected = needs.needs_of(
        dict.fromkeys(regions, populations), dataset, dict.fromkeys(regions, found["rates"])
    )
    return {
        each.rule: each.memory.at(each.permutations(size.permutations))
        for each in expected
        if each.rule in found["took"]
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder for the data and results")
    parser.add_argument("--only", nargs="+", choices=SIZES, default=list(SIZES), metavar="NAME")
    parser.add_argument("--without", nargs="+", default=[], metavar="RULE", help="skip these rules")
    given = parser.parse_args()
    for name in given.only:
        print(name, flush=True)
        folder = given.folder.absolute() / name.replace(",", "").replace(" ", "_")
        add(name, measure(folder, SIZES[name], given.without))


def add(name: str, found: dict[str, Any]) -> None:
    """Add the results of a size to the file; those of rules that were skipped stay."""
    measured = json.loads(WRITTEN.read_text())["sizes"] if WRITTEN.exists() else {}
    before = measured.get(name, {"took": {}})["took"]
    measured[name] = {**found, "took": {**before, **found["took"]}}
    ordered = {each: measured[each] for each in SIZES if each in measured}
    content = {"machine": description(), "sizes": ordered}
    write_text(json.dumps(content, indent=1) + "\n", WRITTEN)


if __name__ == "__main__":
    main()

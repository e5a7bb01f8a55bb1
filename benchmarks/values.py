"""Compare all values in the results of three runs with recorded checksums.

    python -m benchmarks.values --data DATA              compare
    python -m benchmarks.values --data DATA --write      record, after an intended change

The runs are the default configuration, the recordings of Zhang and Desimone, and one session of
Steinmetz et al. `benchmarks/values.tsv` contains one checksum per column of a CSV table and per
variable of a NetCDF file. The comparison lists the columns and variables that a change of the code
has altered, and confirms that the others are unchanged. A renamed column counts as different.

Libraries may sum in another order on other processors. Compare on the machine on which the
checksums were recorded.
"""

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
import yaml

from benchmarks.kills import ROOT, project

WRITTEN = Path(__file__).with_name("values.tsv")
SESSION = "steinmetz2019/session11.nwb"


def configurations() -> dict[str, dict]:
    """Return the configuration of each run, by name."""
    texts = {
        name: (ROOT / f"config/{name}.yaml").read_text(encoding="utf-8")
        for name in ("config", "zhang_desimone", "steinmetz2019")
    }
    read = {name: yaml.safe_load(text) for name, text in texts.items()}
    for dataset in read["steinmetz2019"]["datasets"].values():
        dataset["files"] = SESSION
    return read


def checksums(results: Path) -> dict[str, str]:
    """Return the checksum of each column and variable in a folder of results, by file and name."""
    found: dict[str, str] = {}
    for path in sorted(results.rglob("*")):
        parts = path.relative_to(results)
        if {"logs", "benchmarks", "checksums"} & set(parts.parts):
            continue
        if path.suffix == ".csv":
            table = pd.read_csv(path, dtype=str, keep_default_na=False)
            for column in table:
                found[f"{parts}:{column}"] = _digest("\n".join(table[column]).encode())
        if path.suffix == ".nc":
            with xr.open_dataset(path, engine="h5netcdf") as dataset:
                for name, variable in dataset.variables.items():
                    found[f"{parts}:{name}"] = _of_array(variable.dims, variable.values)
    return _by_folder(found)


def _by_folder(found: dict[str, str]) -> dict[str, str]:
    """Combine the checksums of each variable over all recordings of a data set."""
    joined: dict[str, list[str]] = {}
    for key, each in found.items():
        joined.setdefault(re.sub(r"/recordings/.*\.nc:", "/recordings/*.nc:", key), []).append(each)
    return {
        key: each[0] if len(each) == 1 else _digest("".join(each).encode())
        for key, each in joined.items()
    }


def _of_array(dimensions: tuple, values: np.ndarray) -> str:
    kind = "text" if values.dtype.kind in "OUS" else values.dtype.str
    content = repr(values.tolist()).encode() if kind == "text" else values.tobytes()
    return _digest(f"{dimensions} {values.shape} {kind}".encode() + content)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def run(name: str, configuration: dict, data: str | None, cores: int) -> dict[str, str]:
    """Run one configuration in a temporary folder and return the checksums of its results."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = project(Path(scratch) / "project", configuration)
        command = [sys.executable, "-m", "neuro_attn.command_line", "run", "config.yaml"]
        command += ["--cores", str(cores), *(["--data", data] if data else [])]
        print(f"running {name}", flush=True)
        subprocess.run(command, cwd=folder, check=True)
        return {f"{name}/{key}": each for key, each in checksums(folder / "results").items()}


def compare(written: dict[str, str], found: dict[str, str]) -> int:
    """Print the differences; return the number of columns and variables that differ."""
    gone = sorted(written.keys() - found.keys())
    new = sorted(found.keys() - written.keys())
    other = sorted(key for key in written.keys() & found.keys() if written[key] != found[key])
    for kind, keys in (("gone", gone), ("new", new), ("different", other)):
        for key in keys:
            print(f"{kind}: {key}")
    same = len(written.keys() & found.keys()) - len(other)
    print(f"{same} of {len(written)} columns and variables are the same")
    return len(gone) + len(new) + len(other)


def main() -> None:
    """Run the configurations, then compare the checksums or record them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder of the two data sets")
    parser.add_argument("--write", action="store_true", help="record instead of comparing")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--only", help="one of the runs: config, zhang_desimone, steinmetz2019")
    options = parser.parse_args()
    found: dict[str, str] = {}
    for name, configuration in configurations().items():
        if options.only in (None, name):
            data = str(Path(options.data).absolute()) if name != "config" else None
            found |= run(name, configuration, data, options.cores)
    written = {}
    if WRITTEN.exists():
        lines = WRITTEN.read_text(encoding="utf-8").splitlines()
        written = dict(line.split("\t") for line in lines)
    if options.only:
        written = {key: each for key, each in written.items() if key.split("/")[0] == options.only}
    if options.write:
        if options.only:
            parser.error("--write records all runs and cannot be combined with --only")
        text = "".join(f"{key}\t{each}\n" for key, each in sorted(found.items()))
        WRITTEN.write_text(text, encoding="utf-8")
    else:
        sys.exit(compare(written, found) > 0)


if __name__ == "__main__":
    main()

"""Small files of every format, made to be inspected."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.io
from pynwb import NWBHDF5IO, NWBFile

from neuro_attn import recording
from neuro_attn.command_line import main
from neuro_attn.configuration import parse

N_TRIALS, N_UNITS = 80, 24


@dataclass(frozen=True)
class Done:
    """What a command left: exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """The one message of a command that failed."""
        assert self.code == 1
        assert "Traceback" not in self.out + self.err
        lines = self.err.strip().splitlines()
        assert len(lines) == 1
        assert lines[0].startswith("neuro-attn: error: ")
        return lines[0].removeprefix("neuro-attn: error: ")


@pytest.fixture
def command(capsys, monkeypatch, tmp_path) -> Callable[..., Done]:
    """Run the command line in a folder of its own, with nobody at the terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEURO_ATTN_DATA", raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)

    def command(*arguments: object) -> Done:
        code = main([str(each) for each in arguments])
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return command


@pytest.fixture
def described(command) -> Callable[..., dict[str, Any]]:
    """Inspect files and return what JSON says of the only kind among them."""

    def described(*files: object) -> dict[str, Any]:
        done = command("inspect", "--json", *files)
        assert done.code == 0, done.err
        (only,) = json.loads(done.out)
        return only

    return described


def trials_table() -> pd.DataFrame:
    """Two tasks by two sides, an event half a second into each trial of 1.5 s."""
    number = np.arange(N_TRIALS)
    start = 2.0 * number
    return pd.DataFrame(
        {
            "start_time": start,
            "stop_time": start + 1.5,
            "rule": np.where(number % 2, "visual", "auditory").astype(object),
            "side": np.where(number // 2 % 2, "left", "right").astype(object),
            "correct": number % 8 != 7,
            "stimulus": start + 0.5,
        }
    )


def spike_trains(
    n_units: int = N_UNITS, rate: float = 10.0, session: str = "a"
) -> list[np.ndarray]:
    """Poisson spikes through all trials, others in each session."""
    rng = np.random.default_rng(list(session.encode()))
    end = 2.0 * N_TRIALS
    return [np.sort(rng.uniform(0, end, rng.poisson(rate * end))) for _ in range(n_units)]


def write_nwb(
    path: Path,
    trials: pd.DataFrame | None = None,
    trains: list[np.ndarray] | None = None,
    *,
    place: str = "units",
    regions: list[str] | None = None,
    ids: list[int] | None = None,
    add: Callable[[NWBFile], Any] = lambda file: None,
) -> Path:
    """Write an NWB file; `place` says where the regions stand, "" nowhere."""
    file = NWBFile("small", path.stem, datetime(2020, 1, 1, tzinfo=UTC))
    trials = trials_table() if trials is None else trials
    trains = spike_trains(session=path.stem) if trains is None else trains
    regions = [("V4", "FEF")[n % 2] for n in range(len(trains))] if regions is None else regions
    for column in trials.columns.drop(["start_time", "stop_time"]):
        file.add_trial_column(column, column)
    for row in trials.to_dict("records"):
        file.add_trial(**row)
    device = file.create_device("probe")
    groups = {
        region: file.create_electrode_group(f"shank {n}", "a shank", region or "?", device)
        for n, region in enumerate(dict.fromkeys(regions))
    }
    if place == "electrodes":
        for region in regions:
            file.add_electrode(location=region, group=groups[region])
    if place == "units" and trains:
        file.add_unit_column("location", "brain area")
    for n, (train, region) in enumerate(zip(trains, regions, strict=True)):
        where: dict[str, Any] = {
            "units": {"location": region},
            "electrodes": {"electrodes": [n]},
            "electrode_group": {"electrode_group": groups[region]},
            "": {},
        }[place]
        file.add_unit(spike_times=train, **where, **({"id": ids[n]} if ids else {}))
    add(file)
    with NWBHDF5IO(path, "w") as io:
        io.write(file)
    return path


def write_raster(
    path: Path,
    region: str = "",
    event: float | None = 301.0,
    names: dict[str, str] | None = None,
    values: dict[str, str] | None = None,
) -> Path:
    """Write a raster of 80 trials with 800 samples, its event at sample 301.

    Labels are the rule and the side of the trials table, under other `names` and `values`.
    """
    rng = np.random.default_rng(list(path.stem.encode()))
    trials = trials_table()

    def cells(values) -> np.ndarray:
        made = np.empty((1, len(values)), dtype=object)
        made[0, :] = list(values)
        return made

    site: dict[str, Any] = {"session_ID": 1.0}
    if event is not None:
        site["alignment_event_time"] = event
    if region:
        site["region"] = region
    scipy.io.savemat(
        path,
        {
            "raster_data": (rng.random((N_TRIALS, 800)) < 0.02).astype(np.uint8),
            "raster_labels": {
                (names or {}).get(key, key): cells(trials[key].replace(values or {}))
                for key in ("rule", "side")
            },
            "raster_site_info": site,
        },
    )
    return path


def write_tables(
    folder: Path, suffix: str = "csv", **changed: Callable[[pd.DataFrame], pd.DataFrame]
) -> list[Path]:
    """Write spikes, trials and units of two sessions; functions may change them before."""
    units = pd.DataFrame(
        {
            "unit_id": [f"u{n}" for n in range(N_UNITS)],
            "location": [("V4", "FEF")[n % 2] for n in range(N_UNITS)],
        }
    )
    spikes = {
        session: pd.concat(
            [
                pd.DataFrame({"unit_id": f"u{n}", "time": train})
                for n, train in enumerate(spike_trains(session=session))
            ]
        )
        for session in ("monday", "tuesday")
    }
    frames = {
        "trials": trials_table().assign(trial_id=np.arange(N_TRIALS)),
        "units": units,
    }
    paths = []
    for role in ("spikes", "trials", "units"):
        both = pd.concat(
            [frames.get(role, each).assign(session=name) for name, each in spikes.items()]
        )
        both = changed.get(role, lambda same: same)(both.reset_index(drop=True))
        path = folder / f"{role}.{suffix}"
        both.to_csv(path, index=False) if suffix == "csv" else both.to_parquet(path, index=False)
        paths.append(path)
    return paths


def write_netcdf(path: Path) -> Path:
    """Write a Recording with the tasks of the trials table, in bins of 0.1 s."""
    keys = {
        "source": "nwb",
        "files": "*",
        "label": "side",
        "tasks": {
            rule: {"trials": f"rule == '{rule}'", "align": "stimulus"}
            for rule in ("visual", "auditory")
        },
        "time": {"start": -0.2, "stop": 0.6, "bin": 0.1},
        "windows": {"late": [0.2, 0.6]},
    }
    session = recording.SpikeSession(
        session=path.stem,
        spike_times=spike_trains(session=path.stem),
        units=pd.DataFrame(
            {
                "unit_id": np.arange(N_UNITS),
                "region": [("V4", "FEF")[n % 2] for n in range(N_UNITS)],
            }
        ),
        trials=trials_table().assign(trial_id=np.arange(N_TRIALS)),
        origin=path.name,
    )
    dataset = parse({"datasets": {"small": keys}}).datasets["small"]
    recording.save(recording.from_spikes(session, "small", dataset), path)
    return path


FORMATS: dict[str, Callable[[Path], list[Path]]] = {
    "nwb": lambda folder: [write_nwb(folder / name) for name in ("a.nwb", "b.nwb")],
    "raster": lambda folder: [write_raster(folder / f"unit{'x' * n}.mat") for n in range(8)],
    "csv": lambda folder: write_tables(folder, "csv"),
    "parquet": lambda folder: write_tables(folder, "parquet"),
    "netcdf": lambda folder: [write_netcdf(folder / name) for name in ("a.nc", "b.nc")],
}


@pytest.fixture(params=FORMATS)
def files(request, tmp_path) -> list[Path]:
    """Files of each format in turn, relative to the folder that commands run in."""
    (tmp_path / "recorded").mkdir()
    made = FORMATS[request.param](tmp_path / "recorded")
    return [path.relative_to(tmp_path) for path in made]

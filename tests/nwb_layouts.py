"""NWB files as other programs write them: one planted session in each of their layouts.

pynwb writes a file of its own version; h5py then turns it into what an older or newer version,
MatNWB or neuroconv would have written.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from pynwb import NWBHDF5IO, NWBFile, TimeSeries
from pynwb.misc import Units

from tests.formats import Session

TEXT = h5py.string_dtype()


def file_of(session: Session, locations: Sequence[str] | None = None) -> NWBFile:
    """Return a file with an electrode for each unit, in its region or at these locations."""
    file = NWBFile("planted", "planted", datetime(2020, 1, 1, tzinfo=UTC))
    device = file.create_device("probe")
    names = session.regions if locations is None else locations
    groups = {
        name: file.create_electrode_group(f"shank {n}", "a shank", name, device)
        for n, name in enumerate(dict.fromkeys(names))
    }
    for n, name in enumerate(names):
        file.add_electrode(
            id=100 + n, x=0.0, y=0.0, z=0.0, imp=1.0, location=name, group=groups[name]
        )
    return file


def add_trials(file: NWBFile, session: Session, **more: Any) -> None:
    """Add the trials, and a column of truth values."""
    for column in (*session.trials, "correct"):
        file.add_trial_column(column, column)
    for n, row in enumerate(session.trials.to_dict("records")):
        stop = row["cue"] + 1.5
        file.add_trial(
            start_time=row["cue"] - 0.1, stop_time=stop, **row, correct=bool(n % 3), **more
        )


def _add_units(file: NWBFile, session: Session) -> None:
    file.add_unit_column("presence_ratio", "part of the session with spikes")
    for n, times in enumerate(session.spike_times):
        file.add_unit(spike_times=times, electrodes=[n], presence_ratio=1 - n / 100)


def save(file: NWBFile, path: Path, edit: Callable[[h5py.File], None] | None = None) -> None:
    """Write a file, and change it afterwards as pynwb would not."""
    with NWBHDF5IO(path, "w") as io:
        io.write(file)
    if edit is not None:
        with edited(path) as kept:
            edit(kept)


def edited(path: Path) -> h5py.File:
    """Open a file to change what pynwb wrote."""
    return h5py.File(path, "a")


def rewrite(
    kept: h5py.File,
    place: str,
    change: Callable[[np.ndarray], np.ndarray],
    dtype: Any = None,
) -> None:
    """Put another array into the place of one, with its attributes; references to it stay right."""
    old = kept[place]
    attributes, data = dict(old.attrs), change(old[()])
    dtype = old.dtype if dtype is None else dtype
    del kept[place]
    kept.create_dataset(place, data=data.astype(object) if dtype == TEXT else data, dtype=dtype)
    kept[place].attrs.update(attributes)
    if f"{place}_index" in kept:
        kept[f"{place}_index"].attrs["target"] = kept[place].ref


def _pynwb(path: Path, session: Session) -> dict[str, Any]:
    file = file_of(session)
    add_trials(file, session)
    _add_units(file, session)
    save(file, path)
    return {}


def _version_2_0(path: Path, session: Session) -> dict[str, Any]:
    """Text of fixed length, 32-bit ids, no specification in the file."""

    def edit(kept: h5py.File) -> None:
        kept.attrs["nwb_version"] = np.bytes_("2.0.1")
        del kept.attrs[".specloc"]
        del kept["specifications"]
        for table in ("units", "intervals/trials", "general/extracellular_ephys/electrodes"):
            names = [name.encode() for name in kept[table].attrs["colnames"]]
            kept[table].attrs["colnames"] = np.array(names, dtype="S20")
            rewrite(kept, f"{table}/id", lambda ids: ids.astype(np.int32), np.int32)
        for column in ("side", "order"):
            rewrite(kept, f"intervals/trials/{column}", lambda v: v.astype("S8"), "S8")
        place = "general/extracellular_ephys/electrodes/location"
        rewrite(kept, place, lambda v: v.astype("S8"), "S8")

    file = file_of(session)
    add_trials(file, session)
    _add_units(file, session)
    save(file, path, edit)
    return {}


def _version_2_8(path: Path, session: Session) -> dict[str, Any]:
    """Trials with tags and references to time series, electrodes without coordinates."""
    file = file_of(session)
    series = TimeSeries(name="pupil", data=np.zeros(50), unit="mm", rate=10.0)
    file.add_acquisition(series)
    add_trials(file, session, tags=["a", "b"], timeseries=[series])
    _add_units(file, session)

    def edit(kept: h5py.File) -> None:
        electrodes = kept["general/extracellular_ephys/electrodes"]
        names = [n for n in electrodes.attrs["colnames"] if n not in ("x", "y", "z", "imp")]
        electrodes.attrs["colnames"] = np.array(names, dtype=TEXT)
        for name in ("x", "y", "z", "imp"):
            del electrodes[name]

    save(file, path, edit)
    return {}


def _newer(path: Path, session: Session) -> dict[str, Any]:
    """A version that is not there yet, and types of an extension that the file does not explain."""

    def edit(kept: h5py.File) -> None:
        kept.attrs["nwb_version"] = "2.99.0"
        specifications = kept["specifications/core"]
        specifications.move(next(iter(specifications)), "2.99.0")
        kept["intervals/trials"].attrs.update(namespace="ndx-unheard-of", neurodata_type="Trials")
        kept["units"].attrs.update(namespace="ndx-unheard-of", neurodata_type="CuratedUnits")
        kept["units/presence_ratio"].attrs.update(neurodata_type="QualityColumn")

    file = file_of(session)
    add_trials(file, session)
    _add_units(file, session)
    save(file, path, edit)
    return {}


def _matnwb(path: Path, session: Session) -> dict[str, Any]:
    """Columns n x 1 or 1 x n, ids and indices too, ids without sign, truth values as int8."""

    def tall(values: np.ndarray) -> np.ndarray:
        return values.reshape(-1, 1)

    def edit(kept: h5py.File) -> None:
        for table in ("units", "intervals/trials", "general/extracellular_ephys/electrodes"):
            group = kept[table]
            group.attrs["colnames"] = np.array(list(group.attrs["colnames"])[::-1], dtype=TEXT)
            names = [name for name in group if not name.endswith("_index")]
            for name in [*names, *(f"{n}_index" for n in names if f"{n}_index" in group)]:
                rewrite(kept, f"{table}/{name}", tall)
        for table in ("units", "intervals/trials"):
            rewrite(kept, f"{table}/id", lambda ids: ids.astype(np.uint64), np.uint64)
        rewrite(kept, "units/electrodes", lambda rows: rows.astype(np.uint8), np.uint8)
        rewrite(kept, "intervals/trials/correct", lambda v: v.astype(np.int8), np.int8)
        rewrite(kept, "intervals/trials/cue", np.transpose)
        rewrite(kept, "intervals/trials/side", np.transpose)
        rewrite(kept, "units/presence_ratio", np.transpose)

    file = file_of(session)
    add_trials(file, session)
    _add_units(file, session)
    save(file, path, edit)
    return {}


def _neuroconv(path: Path, session: Session) -> dict[str, Any]:
    """Units in a processing module; of all their electrodes, max_electrode is the one."""
    file = file_of(session, ["unknown"] * len(session.regions))
    file.add_electrode_column("brain_area", "from the atlas", data=session.regions)
    add_trials(file, session)
    module = file.create_processing_module("ecephys", "sorted spikes")
    units = Units(name="units", description="kilosort4", electrode_table=file.electrodes)
    module.add(units)
    for column in ("unit_name", "KSLabel", "presence_ratio"):
        units.add_column(column, column)
    n_units = len(session.spike_times)
    for n, times in enumerate(session.spike_times):
        units.add_unit(
            spike_times=times,
            electrodes=list(range(n_units)),
            unit_name=str(n),
            KSLabel="mua" if n % 2 else "good",
            presence_ratio=1 - n / 100,
        )
    units.add_column("max_electrode", "peak", data=list(range(n_units)), table=file.electrodes)
    save(file, path)
    return {"regions": {"column": "brain_area"}}


def _version_1(path: Path, session: Session) -> dict[str, Any]:
    """The structure before 2019: a group for each unit and each epoch."""
    with h5py.File(path, "w") as kept:
        kept["nwb_version"] = "NWB-1.0.6"
        kept["identifier"] = "planted"
        kept["session_description"] = "planted"
        module = kept.create_group("processing/Units")
        module.attrs["neurodata_type"] = "Module"
        times = module.create_group("UnitTimes")
        times["unit_list"] = np.array([f"unit_{n:02}" for n in range(len(session.regions))], "S8")
        for n, (train, region) in enumerate(zip(session.spike_times, session.regions, strict=True)):
            unit = times.create_group(f"unit_{n:02}")
            unit["times"] = train
            unit["unit_description"] = region
            unit["presence_ratio"] = 1 - n / 100
        for n, row in enumerate(session.trials.to_dict("records")):
            epoch = kept.create_group(f"epochs/trial_{n:03}")
            epoch["start_time"], epoch["stop_time"] = row["cue"] - 0.1, row["cue"] + 1.5
            epoch["cue"] = row["cue"]
            epoch["description"] = "a trial"
            epoch["tags"] = np.array([row["side"], row["order"]], dtype="S8")
    return {
        "table": "epochs",
        "regions": {"column": "unit_description"},
        "label": {side: f"tag_{side}" for side in ("left", "right")},
        "tasks": {order: {"trials": f"tag_{order}", "align": "cue"} for order in ("pro", "retro")},
    }


LAYOUTS: dict[str, Callable[[Path, Session], dict[str, Any]]] = {
    "pynwb": _pynwb,
    "NWB 1.0": _version_1,
    "NWB 2.0": _version_2_0,
    "NWB 2.8": _version_2_8,
    "newer": _newer,
    "MatNWB": _matnwb,
    "neuroconv": _neuroconv,
}


def keys_of(own: dict[str, Any]) -> dict[str, Any]:
    """Return the keys that read ``planted.nwb``, with those that a layout needs."""
    tasks = {name: {"trials": f"order == '{name}'", "align": "cue"} for name in ("pro", "retro")}
    return {
        "source": "nwb",
        "files": "*.nwb",
        "label": "side",
        "tasks": tasks,
        "time": {"start": 0.0, "stop": 0.4, "bin": 0.1},
        "windows": {"late": [0.2, 0.4]},
        **own,
    }


def write(layout: str, folder: Path, session: Session) -> dict[str, Any]:
    """Write a session as ``planted.nwb`` in one of `LAYOUTS`; return the keys that read it."""
    return keys_of(LAYOUTS[layout](folder / "planted.nwb", session))

"""MATLAB files of both kinds from the same plain values: arrays, text, lists (cells) and dicts."""

import itertools
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import scipy.io


def write_older(path: Path, content: dict[str, Any]) -> None:
    """Write version 5 with scipy; lists become cells, those of dicts an array of structs."""

    def cells(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: cells(each) for key, each in value.items()}
        if not isinstance(value, list):
            return value
        if isinstance(value[0], dict):
            made = np.empty((1, len(value)), dtype=[(name, object) for name in value[0]])
            for number, each in enumerate(value):
                made[0, number] = tuple(cells(field) for field in each.values())
            return made
        made = np.empty((len(value), 1), dtype=object)
        for number, each in enumerate(value):
            made[number, 0] = cells(each)
        return made

    scipy.io.savemat(path, {name: cells(value) for name, value in content.items()})


def write_hdf5(path: Path, content: dict[str, Any]) -> None:
    """Write version 7.3: HDF5 behind a header, axes reversed, cells as references."""

    def put(place: h5py.Group, name: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, each in value.items():
                put(place.require_group(name), key, each)
            return
        if isinstance(value, list) and isinstance(value[0], dict):
            structs = place.require_group(name)
            structs.attrs["MATLAB_class"] = np.bytes_("struct")
            for key in value[0]:
                put_references(structs, key, [each[key] for each in value])
            return
        if isinstance(value, list):
            put_references(place, name, value)
            place[name].attrs["MATLAB_class"] = np.bytes_("cell")
            return
        if isinstance(value, str):
            value = value or np.empty((0, 0))
        if isinstance(value, str):
            place.create_dataset(name, data=np.array([[ord(c)] for c in value], np.uint16))
            place[name].attrs["MATLAB_class"] = np.bytes_("char")
            return
        if np.size(value) == 0:
            place.create_dataset(name, data=np.zeros(2, np.uint64))
            place[name].attrs["MATLAB_empty"] = 1
        else:
            place.create_dataset(name, data=np.asarray(value).T)
        place[name].attrs["MATLAB_class"] = np.bytes_("double")

    number = itertools.count()

    def put_references(place: h5py.Group, name: str, values: list[Any]) -> None:
        references = []
        for each in values:
            within = file.require_group("#refs#")
            key = f"n{next(number)}"
            put(within, key, each)
            references.append(within[key].ref)
        data = np.array([references], dtype=h5py.ref_dtype)
        place.create_dataset(name, data=data, dtype=h5py.ref_dtype)

    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in content.items():
            put(file, name, value)
    with open(path, "r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")

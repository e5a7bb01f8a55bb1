"""Files of every format, damaged as bytes or in their structure."""

import base64
import gzip
import io
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.io

from neuro_attn.sources.mat import structure
from tests import matlab_files
from tests.fuzzing import values

Change = Callable[[Random, Path], object]


def damage(draw: Random, folder: Path) -> list[str]:
    """Change some of the files in a folder; return what was done to which.

    A change that a file does not allow leaves it as it is.
    """
    done: list[str] = []
    wanted = draw.choice((1, 1, 1, 2, 3))
    for _ in range(20):
        # Files that are links, or gone, are not changed again.
        paths = sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
        if not paths or len(done) == wanted:
            break
        path = draw.choice(paths)
        structured = _OF_SUFFIX.get(path.suffix)
        change = draw.choice(structured if structured and draw.random() < 0.75 else _OF_BYTES)
        before = path.read_bytes()
        try:
            change(draw, path)
        except Exception:
            # It may be damaged already, or hold nothing to change.
            path.write_bytes(before)
            continue
        done.append(f"{change.__name__.strip('_')} {path.relative_to(folder)}")
    return done


# --- bytes ----------------------------------------------------------------------------------------


def _some(draw: Random, content: bytes) -> slice:
    """Return a stretch of bytes; the head of a file, which describes it, is hit more often."""
    end = len(content) if draw.random() < 0.5 else min(len(content), 3000)
    start = draw.randint(0, end)
    return slice(start, start + draw.choice((1, 1, 2, 4, 8, 16, 100, 4096)))


def _bits_flipped(draw: Random, path: Path) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(draw.choice((1, 3, 30))):
        content[_some(draw, content).start % len(content)] ^= 1 << draw.randint(0, 7)
    path.write_bytes(content)


def _overwritten(draw: Random, path: Path) -> None:
    content = bytearray(path.read_bytes())
    where = _some(draw, content)
    width = min(where.stop, len(content)) - where.start
    new = draw.choice((bytes(width), b"\xff" * width, b"\x7f" * width, draw.randbytes(width)))
    content[where] = new
    path.write_bytes(content)


def _cut(draw: Random, path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: draw.choice((0, 1, 8, draw.randint(0, len(content)), -1, -8))])


def _longer(draw: Random, path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content + draw.choice((bytes(10), content, draw.randbytes(1000), b"\n", b",")))


def _block_moved(draw: Random, path: Path) -> None:
    content = bytearray(path.read_bytes())
    block = content[_some(draw, content)]
    if draw.random() < 0.5:
        content[_some(draw, content)] = block
    else:
        place = _some(draw, content).start
        content[place : place + len(block)] = block
    path.write_bytes(content)


def _block_of_another_file(draw: Random, path: Path) -> None:
    others = [p for p in path.parent.iterdir() if p.is_file() and p != path]
    other = draw.choice(others).read_bytes()
    content = bytearray(path.read_bytes())
    content[_some(draw, content)] = other[_some(draw, other)]
    path.write_bytes(content)


def _replaced(draw: Random, path: Path) -> None:
    heads = (
        b"",
        b"\x89HDF\r\n\x1a\n",
        b"PAR1",
        b"MATLAB 5.0 MAT-file",
        b"\x93NUMPY\x01\x00",
        b"\x80",
    )
    tails = (b"", bytes(600), draw.randbytes(600), b"PAR1", b"text\n1,2\n")
    path.write_bytes(draw.choice(heads) + draw.choice(tails))


def _gone(draw: Random, path: Path) -> None:
    path.unlink()


def _a_folder(draw: Random, path: Path) -> None:
    path.unlink()
    path.mkdir()


def _a_link(draw: Random, path: Path) -> None:
    path.unlink()
    path.symlink_to(draw.choice((path.name, "nothing", "/dev/null", "..")))


def _renamed(draw: Random, path: Path) -> None:
    new = draw.choice(("a b", "A'B", "[1]", "é", "x{y}", "<x>", "=1+1", "-rf", "%41", "x" * 200))
    path.rename(path.with_name(f"{new}{path.suffix}"))


def _twice(draw: Random, path: Path) -> None:
    path.with_name(draw.choice((path.name.upper(), f"b{path.name}"))).write_bytes(path.read_bytes())


_OF_BYTES: tuple[Change, ...] = (
    *(_bits_flipped, _bits_flipped, _overwritten, _overwritten, _cut, _cut, _longer, _block_moved),
    *(_block_of_another_file, _replaced, _gone, _a_folder, _a_link, _renamed, _twice),
)


# --- HDF5: NWB, NetCDF and MATLAB 7.3 -------------------------------------------------------------


def _objects(file: h5py.File, kind: type) -> list[str]:
    found: list[str] = []
    file.visititems(lambda name, item: found.append(name) if isinstance(item, kind) else None)
    return sorted(found)


def _hdf5_values(draw: Random, path: Path) -> None:
    """Replace a data set by one of another type, shape or content, with the same attributes."""
    with h5py.File(path, "r+") as file:
        name = draw.choice(_objects(file, h5py.Dataset))
        attributes = dict(file[name].attrs)
        new = values.array(draw, np.asarray(file[name][()]))
        del file[name]
        file[name] = new if new.dtype.kind != "U" else new.astype(object)
        with suppress(Exception):
            file[name].attrs.update(attributes)


def _hdf5_value(draw: Random, path: Path) -> None:
    """Change a value in place."""
    with h5py.File(path, "r+") as file:
        data = file[draw.choice(_objects(file, h5py.Dataset))]
        where = tuple(draw.randrange(length) for length in data.shape)
        data[where] = draw.choice((draw.choice(values.NUMBERS), draw.choice(values.TEXTS)))


def _hdf5_size(draw: Random, path: Path) -> None:
    """Declare a size that the file does not store."""
    with h5py.File(path, "r+") as file:
        name = draw.choice(_objects(file, h5py.Dataset))
        old, attributes = file[name], dict(file[name].attrs)
        size = draw.choice((10**5, 10**7, 10**9, 10**12))
        shape = (size, *old.shape[1:]) if old.shape else (size,)
        dtype, chunks = old.dtype, (min(1000, size), *old.shape[1:])
        del file[name]
        new = file.create_dataset(name, shape, dtype, chunks=chunks, maxshape=(None, *shape[1:]))
        with suppress(Exception):
            new.attrs.update(attributes)


def _hdf5_names(draw: Random, path: Path) -> None:
    """Delete or rename an object, or let it stand in two places."""
    with h5py.File(path, "r+") as file:
        names = _objects(file, h5py.Dataset | h5py.Group)
        name = draw.choice(names)
        new = draw.choice((f"{name}x", *names, f"x/{name}", *values.TEXTS)).replace("\x00", "")
        match draw.randint(0, 6):
            case 0 | 1:
                del file[name]
            case 2:
                file.move(name, new)
            case 3:
                file[new] = file[name]
            case 4:
                # A group that contains itself.
                file[name.split("/")[0]]["again"] = file
            case 5:
                del file[name]
                file[name] = draw.choice((h5py.SoftLink("/x"), h5py.SoftLink(f"/{name}")))
            case _:
                del file[name]
                file[name] = h5py.ExternalLink("other.nwb", "/units")


def _hdf5_kind(draw: Random, path: Path) -> None:
    """Put a group where a data set was, or the reverse."""
    with h5py.File(path, "r+") as file:
        name = draw.choice(_objects(file, h5py.Dataset | h5py.Group))
        was_data = isinstance(file[name], h5py.Dataset)
        attributes = dict(file[name].attrs)
        del file[name]
        made = file.create_group(name) if was_data else file.create_dataset(name, data=[1.0, 2.0])
        with suppress(Exception):
            made.attrs.update(attributes)


def _hdf5_attributes(draw: Random, path: Path) -> None:
    with h5py.File(path, "r+") as file:
        names = [
            each
            for each in ("/", *_objects(file, h5py.Dataset | h5py.Group))
            if len(file[each].attrs)
        ]
        attributes = file[draw.choice(names)].attrs
        key = draw.choice(sorted(attributes))
        if draw.random() < 0.3:
            del attributes[key]
            return
        new = draw.choice((draw.choice(values.NUMBERS), draw.choice(values.TEXTS)))
        if draw.random() < 0.3:
            new = values.array(draw, np.atleast_1d(np.asarray(0.0)))
        attributes[key] = new


_HDF5: tuple[Change, ...] = (
    *(_hdf5_values, _hdf5_values, _hdf5_values, _hdf5_value, _hdf5_size, _hdf5_names, _hdf5_names),
    *(_hdf5_kind, _hdf5_attributes),
)


# --- MATLAB ---------------------------------------------------------------------------------------


def _mat_content(path: Path) -> dict[str, Any]:
    """Return the variables of a file that an earlier change may have damaged."""
    # SciPy can crash on a variable that this check refuses.
    for name, *_ in scipy.io.whosmat(path):
        structure.check(path, name)
    return scipy.io.loadmat(path, spmatrix=False)


def _mat_variables(draw: Random, path: Path) -> None:
    """Drop, rename, retype or change variables, in either version of the format."""
    held = _mat_content(path)
    held = {name: value for name, value in held.items() if not name.startswith("__")}
    for _ in range(draw.choice((1, 1, 2))):
        _change_within(draw, held)
    if draw.random() < 0.4:
        matlab_files.write_hdf5(path, {name: _plain(value) for name, value in held.items()})
    else:
        scipy.io.savemat(path, held, do_compression=draw.random() < 0.5, long_field_names=True)


def _change_within(draw: Random, held: dict[str, Any]) -> None:
    name = draw.choice(sorted(held))
    value = held[name]
    if isinstance(value, np.ndarray) and value.dtype.names and draw.random() < 0.8:
        fields = {each: value[each].reshape(-1)[0] for each in value.dtype.names}
        _change_within(draw, fields)
        held[name] = fields
        return
    if isinstance(value, np.ndarray) and value.dtype == object and draw.random() < 0.5:
        cells, where = value.copy().reshape(-1), draw.randrange(value.size)
        cells[where] = values.array(draw, np.asarray(cells[where]))
        held[name] = cells.reshape(value.shape)
        return
    match draw.randint(0, 4):
        case 0:
            del held[name]
        case 1:
            held[draw.choice(("x", "rates", "raster_data", "binned_data", "a" * 60))] = held.pop(
                name
            )
        case 2:
            held[name] = draw.choice(
                (1.0, "text", "", {"x": 1}, np.zeros((0, 0)), np.zeros((2, 0)))
            )
        case _:
            held[name] = values.array(draw, np.asarray(value))


def _plain(value: Any) -> Any:
    """Return cells as lists, and structs as dicts, as `matlab_files` takes them."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, np.ndarray) and value.dtype.names:
        return {name: _plain(value[name].reshape(-1)[0]) for name in value.dtype.names}
    if isinstance(value, np.ndarray) and value.dtype == object:
        return [_plain(each) for each in value.reshape(-1)]
    if isinstance(value, np.ndarray) and value.dtype.kind == "U":
        return str(value.reshape(-1)[0]) if value.size else ""
    return value


def _mat_hdf5(draw: Random, path: Path) -> None:
    """Write it as version 7.3, then damage that."""
    held = _mat_content(path)
    plain = {name: _plain(value) for name, value in held.items() if not name.startswith("__")}
    matlab_files.write_hdf5(path, plain)
    draw.choice(_HDF5)(draw, path)


# --- arrays of numpy ------------------------------------------------------------------------------


def _npy_values(draw: Random, path: Path) -> None:
    np.save(path, values.array(draw, np.load(path)), allow_pickle=True)


def _npy_header(draw: Random, path: Path) -> None:
    content = path.read_bytes()
    array = np.load(path)
    header = draw.choice(
        (
            {"descr": "|O", "fortran_order": False, "shape": array.shape},
            {"descr": array.dtype.str, "fortran_order": False, "shape": (10**12,)},
            {"descr": array.dtype.str, "fortran_order": False, "shape": (-1,)},
            {"descr": array.dtype.str, "fortran_order": False, "shape": (2**63, 2)},
            {"descr": array.dtype.str, "fortran_order": True, "shape": (1,) * 40},
            {"descr": array.dtype.str, "fortran_order": 7, "shape": array.shape},
            {"descr": [("a", "<f4"), ("b", "<f4")], "fortran_order": False, "shape": array.shape},
            {"descr": "<M8[s]", "fortran_order": False, "shape": array.shape},
            {"descr": "<U2", "fortran_order": False, "shape": array.shape},
            {"descr": ">f8", "fortran_order": False, "shape": array.shape},
            {"descr": "nothing", "shape": array.shape},
            {"descr": array.dtype.str, "fortran_order": False, "shape": "__import__('os')"},
            "x" * 30,
            "(" * 60,
        )
    )
    text = (str(header).ljust(117) + "\n").encode()
    length = draw.choice((len(text), len(text), len(text), 0, 65_535))
    path.write_bytes(
        draw.choice((b"\x93NUMPY\x01\x00", b"\x93NUMPY\x01\x00", b"\x93NUMPY\x09\x00"))
        + length.to_bytes(2, "little")
        + text
        + content[128:]
    )


# --- tables ---------------------------------------------------------------------------------------

_SPECIAL = (
    *("trial_id", "unit_id", "session", "rates", "time", "label", "task", "region", "event_time"),
    *("unit", "trial", "trial_number", "mean_rate", "location", "side", "order", "cue", "index"),
)


def _changed(draw: Random, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with columns, rows or values changed."""
    rng = np.random.default_rng(draw.getrandbits(64))
    column = draw.choice(list(table.columns))
    place = list(table.columns).index(column)
    match draw.randint(0, 11):
        case 0:
            return table.drop(columns=column)
        case 1:
            new = draw.choice((*table.columns, *_SPECIAL, *values.TEXTS))
            return table.rename(columns={column: new})
        case 2:
            new = draw.choice((*_SPECIAL, *values.TEXTS))
            # Copied, since pandas warns of tables that were put together column by column.
            return table.copy().assign(**{new: draw.choice([*values.NUMBERS, *values.TEXTS])})
        case 3:
            return table.iloc[: draw.choice((0, 1, len(table) // 2))]
        case 4:
            return table.iloc[rng.permutation(len(table))]
        case 5:
            return pd.concat([table] * 2)
        case 6:
            return table[list(reversed(table.columns))]
        case 7:
            return pd.concat([table, *[table[[column]]] * draw.choice((1, 300))], axis=1)
        case 8 | 9:
            made = table.astype({column: object})
            for _ in range(draw.choice((1, 1, 5))):
                made.iloc[draw.randrange(len(table)), place] = values.scalar(draw)
            return made
        case _:
            new = values.array(draw, table[column].to_numpy()).reshape(-1)
            new = list(new[: len(table)]) + [None] * (len(table) - len(new))
            return table.assign(**{column: pd.Series(new, table.index, dtype=object)})


def _csv_table(draw: Random, path: Path) -> None:
    separator = "\t" if path.suffix == ".tsv" else ","
    table = pd.read_csv(path, sep=separator)
    if draw.random() < 0.2:
        separator = draw.choice(";\t| ,")
    _changed(draw, table).to_csv(path, sep=separator, index=draw.random() < 0.2)


def _csv_text(draw: Random, path: Path) -> None:
    """Break rows, quotes, ends of lines or the encoding."""
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    number = draw.randrange(len(lines))
    line = lines[number]
    new = draw.choice(
        (
            *(line + ",1", line.rpartition(",")[0], f'"{line}', line.replace(",", ',"', 1), ""),
            *(" ",),
            *(line.replace(",", ";"), line + "\x00", "# " + line, "," * 500, "x" * 200_000),
            *(line * 2,),
            *(line.replace(".", ","), line + '"', "'" + line, line.replace(",", ",=1+1,", 1)),
        )
    )
    lines[number] = new
    text = "\n".join(lines)
    path.write_bytes(
        draw.choice(
            (
                *[text.encode()] * 6,
                text.encode("utf-16"),
                b"\xef\xbb\xbf" + text.encode(),
                text.replace("\n", "\r").encode(),
                text.replace("e", "é").encode("latin-1"),
                gzip.compress(text.encode()),
                "\n".join(lines[1:]).encode(),
                text.replace(",", "\t").encode(),
                text.replace("\n", "\n\n").encode(),
            )
        )
    )


def _parquet_table(draw: Random, path: Path) -> None:
    table = _changed(draw, pd.read_parquet(path))
    if draw.random() < 0.3:
        table.index = pd.Index(range(len(table)), name=draw.choice((*_SPECIAL, "", None)))
    try:
        table.to_parquet(path, index=draw.random() < 0.3)
    except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError):
        # Values of several types are no column of Parquet; as text they are.
        table.astype(str).to_parquet(path, index=False)


def _parquet_types(draw: Random, path: Path) -> None:
    """Give a column a type that tables seldom have."""
    table = pq.read_table(path)
    number = draw.randrange(table.num_columns)
    name, length = table.column_names[number], table.num_rows
    new = draw.choice(
        (
            pa.array([[1.0, 2.0]] * length),
            pa.array([{"a": 1}] * length),
            pa.array([b"\xff\xfe"] * length),
            pa.array([None] * length, pa.null()),
            pa.array([0] * length, pa.timestamp("ns")),
            pa.array([0] * length, pa.duration("s")),
            pa.array([0] * length, pa.date32()),
            pa.array(["left"] * length).dictionary_encode(),
            pa.array([1] * length, pa.decimal128(38, 10)),
            pa.array([True] * length),
            pa.array([2**64 - 1] * length, pa.uint64()),
            pa.array([1.5] * length, pa.float16()),
            pa.array([[("a", 1)]] * length, pa.map_(pa.string(), pa.int64())),
            pa.array([2_000_000_000] * length),
            # Bytes that are no text, in a column that says it is.
            pa.Array.from_buffers(
                pa.string(),
                length,
                [
                    None,
                    pa.py_buffer(np.arange(length + 1, dtype=np.int32)),
                    pa.py_buffer(b"\xff" * length),
                ],
            ),
        )
    )
    pq.write_table(table.set_column(number, name, new), path)


def _parquet_metadata(draw: Random, path: Path) -> None:
    """Write a description of the columns that is wrong."""
    table = pq.read_table(path)
    held = dict(table.schema.metadata or {})
    pandas_ = json.loads(held.get(b"pandas", b"{}"))
    match draw.randint(0, 5):
        case 0:
            held[b"pandas"] = draw.choice((b"", b"{", b"[]", b"null", b"{}", b"\xff"))
        case 1:
            pandas_["index_columns"] = draw.choice((["nothing"], [{"kind": "range"}], "x", [1]))
            held[b"pandas"] = json.dumps(pandas_).encode()
        case 2:
            for each in pandas_.get("columns", []):
                each[draw.choice(("numpy_type", "pandas_type"))] = draw.choice(
                    ("datetimetz", "categorical", "nothing", "timedelta64[ns]", None)
                )
            held[b"pandas"] = json.dumps(pandas_).encode()
        case 3:
            pandas_["column_indexes"] = draw.choice(([], [1], [{"name": None}], None))
            held[b"pandas"] = json.dumps(pandas_).encode()
        case 4:
            held[b"ARROW:schema"] = draw.choice((b"", b"x", base64.b64encode(draw.randbytes(80))))
        case _:
            held = {draw.randbytes(5): draw.randbytes(draw.choice((0, 100_000)))}
    pq.write_table(table.replace_schema_metadata(held), path)


def _parquet_runs(draw: Random, path: Path) -> None:
    """Write many rows that take few bytes."""
    table = pq.read_table(path)
    if table.num_rows > 10**6:
        raise ValueError("it has many rows already")
    many = pa.concat_tables([table] * draw.choice((2, 200, 5000)))
    buffer = io.BytesIO()
    pq.write_table(many, buffer, compression="zstd", row_group_size=draw.choice((1000, 10**6)))
    path.write_bytes(buffer.getvalue())


# --- text -----------------------------------------------------------------------------------------


def _parameters(draw: Random, path: Path) -> None:
    """Change the parameters of a folder of Phy, which are lines of Python."""
    path.write_text(
        draw.choice(
            (
                *("", "sample_rate = 'x'\n", "sample_rate = 0\n", "sample_rate = -1\n"),
                *("sample_rate\n",),
                *("sample_rate = 1e400\n", "sample_rate = float('nan')\n"),
                *("sample_rate = 9" * 2000,),
                *("sample_rate = 30000.\nsample_rate = 20000.\n", "sample_rate = [30000.]\n"),
                *("(" * 900,),
                *("import os\nos.mkdir('canary')\nsample_rate = 30000.\n", "\x00"),
                *("sample_rate = 3e4j",),
                *("sample_rate = 30000. if True else 1\n", "# sample_rate = 30000.\n", "é = 1\n"),
                *("sample_rate = 1e-300\n", "sample_rate = 1e300\n"),
                *("\ufeffsample_rate = 30000.\n",),
            )
        ),
        encoding="utf-8",
    )


_OF_SUFFIX: dict[str, tuple[Change, ...]] = {
    ".nwb": _HDF5,
    ".nc": _HDF5,
    ".mat": (_mat_variables, _mat_variables, _mat_hdf5),
    ".npy": (_npy_values, _npy_header),
    ".csv": (_csv_table, _csv_table, _csv_text),
    ".tsv": (_csv_table, _csv_table, _csv_text),
    ".parquet": (_parquet_table, _parquet_table, _parquet_types, _parquet_metadata, _parquet_runs),
    ".pqt": (_parquet_table, _parquet_table, _parquet_types, _parquet_metadata, _parquet_runs),
    ".py": (_parameters,),
}

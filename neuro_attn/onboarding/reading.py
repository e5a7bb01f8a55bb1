"""What stands in the files a user names, whatever their format."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from neuro_attn import printing
from neuro_attn.bytestrings import as_text, text_columns
from neuro_attn.errors import InputError
from neuro_attn.onboarding.contents import Contents, Kind, SessionContents
from neuro_attn.sources import matfiles, ndr, phy_files
from neuro_attn.sources.checks import existing_file, is_zarr, reading
from neuro_attn.sources.text_tables import refuse_compressed

_FOLDERS = "folders of ALF or Phy, NWB in Zarr"
SUFFIXES: dict[str, Kind] = {
    ".nwb": "nwb",
    ".mat": "raster",
    ".csv": "table",
    ".parquet": "table",
    ".nc": "netcdf",
}


def read(paths: Iterable[str], units_table: str = "") -> list[Contents]:
    """Read what stands in files, sorted by kind.

    Parameters
    ----------
    paths : iterable of str
        NWB files, rasters and binned data of NDT and NeuroDecodeR, MATLAB arrays, tables, NetCDF
        recordings, ALF and Phy folders.
    units_table : str
        For NWB files with several units tables: the one to describe.

    Returns
    -------
    list of Contents
        One for each kind of file that was given.

    Raises
    ------
    InputError
        If a file is missing, of another kind, or cannot be read.
    """
    by_kind: dict[Kind, list[str]] = {}
    for path in dict.fromkeys(file for given in paths for file in _files(given)):
        by_kind.setdefault(_kind(path), []).append(path)
    return [_contents(kind, files, units_table) for kind, files in by_kind.items()]


def _files(path: str) -> list[str]:
    """Return the files to read in a folder of files; all else is read as it is."""
    folder = Path(path)
    if not folder.is_dir() or _kind_of_folder(path):
        return [path]
    if found := [str(each) for each in sorted(folder.iterdir()) if _can_be_read(each)]:
        return found
    phy_files.refuse_folder_above(folder)
    below = next((each for each in sorted(folder.rglob("*")) if _can_be_read(each)), None)
    if below is None:
        raise InputError(
            path,
            "is a folder without files that can be read.",
            f"Files that can be read: {', '.join(SUFFIXES)}; {_FOLDERS}.",
        )
    depth = "/".join("*" for _ in below.parent.relative_to(folder).parts)
    name = f"*{below.suffix}" if below.suffix else below.name
    raise InputError(
        path,
        f"is a folder; the first file in a folder below is {below.relative_to(folder)}.",
        f"Name the files, as {folder / depth / name}.",
    )


def _can_be_read(path: Path) -> bool:
    return is_zarr(path) or (path.is_file() and path.suffix.lower() in SUFFIXES)


def _kind(path: str) -> Kind:
    """Return the source that reads a file or folder."""
    if kind := _kind_of_folder(path):
        return kind
    existing_file(path)
    refuse_compressed(Path(path))
    suffix = Path(path).suffix.lower()
    if suffix in ndr.R_SUFFIXES:
        raise ndr.written_by_r(path)
    if suffix not in SUFFIXES:
        raise InputError(
            path,
            f"suffix {suffix!r}.",
            f"Files that can be read: {', '.join(SUFFIXES)}; {_FOLDERS}.",
        )
    if suffix == ".mat":
        return _kind_of_matlab(path)
    return _kind_of_table(path) if suffix == ".csv" else SUFFIXES[suffix]


def _kind_of_folder(path: str) -> Kind | None:
    """Return the source that reads a folder; None if none does, or if it is no folder."""
    if not Path(path).is_dir():
        return None
    if is_zarr(path):
        return "nwb"
    if phy_files.clusters_file(Path(path)).is_file():
        return "phy"
    if next(Path(path).rglob("*spikes.times*.npy"), None) is not None:
        return "alf"
    return None


def _kind_of_matlab(path: str) -> Kind:
    names = matfiles.names(path)
    if "binned_data" in names:
        return "binned"
    return "raster" if not names or "raster_data" in names else "matlab"


def _kind_of_table(path: str) -> Kind:
    return ndr.kind_of(path) or "table"


def _contents(kind: Kind, files: list[str], units_table: str) -> Contents:
    # Each format is imported where it is needed: h5py alone takes a fifth of a second.
    read_one: Callable[[str], SessionContents]
    match kind:
        case "table":
            from neuro_attn.onboarding import table

            with reading(", ".join(files), kind):
                roles = table.roles(files)
                return Contents(kind, list(roles.values()), roles, table.read(roles))
        case "nwb":
            from neuro_attn.onboarding import nwb

            read_one = partial(nwb.read, units_table=units_table)
        case "matlab":
            from neuro_attn.onboarding import matlab

            read_one = matlab.read
        case "alf" | "phy":
            from neuro_attn.onboarding import folders

            read_one = folders.read_alf if kind == "alf" else folders.read_phy
        case "binned":
            from neuro_attn.onboarding import binned

            sites: list[SessionContents] = []
            for path in files:
                with reading(path, kind):
                    sites += map(_with_text, binned.read(path))
            return Contents(kind, files, {}, sites)
        case "raster":
            from neuro_attn.onboarding import raster

            read_one = raster.read
        case "netcdf":
            from neuro_attn.onboarding import netcdf

            read_one = netcdf.read
    sessions = []
    for path in printing.bar(
        files, desc="reading what the files contain", unit="file", leave=False
    ):
        with reading(path, kind):
            sessions.append(_with_text(read_one(path)))
    return Contents(kind, files, {}, sessions)


def _with_text(session: SessionContents) -> SessionContents:
    """Return what stands in a file with its bytes decoded, as a run decodes them."""
    tables = {name: text_columns(table, session.path) for name, table in session.tables.items()}
    regions = [
        replace(each, regions=as_text(np.array(each.regions, object), session.path).tolist())
        for each in session.region_columns
    ]
    return replace(session, tables=tables, region_columns=regions)

"""What stands in the files a user names, whatever their format."""

from collections.abc import Callable, Iterable
from pathlib import Path

from tqdm import tqdm

from neuro_attn.errors import InputError
from neuro_attn.onboarding.contents import Contents, Kind, SessionContents
from neuro_attn.sources.checks import existing_file

SUFFIXES: dict[str, Kind] = {
    ".nwb": "nwb",
    ".mat": "raster",
    ".csv": "table",
    ".parquet": "table",
    ".nc": "netcdf",
}


def read(paths: Iterable[str]) -> list[Contents]:
    """Read what stands in files, sorted by kind.

    Parameters
    ----------
    paths : iterable of str
        NWB files, NDT rasters, tables and NetCDF recordings; their suffixes say which.

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
    for path in dict.fromkeys(paths):
        existing_file(path)
        suffix = Path(path).suffix.lower()
        if suffix not in SUFFIXES:
            raise InputError(
                path, f"suffix {suffix!r}.", f"Files that can be read: {', '.join(SUFFIXES)}."
            )
        by_kind.setdefault(SUFFIXES[suffix], []).append(path)
    return [_contents(kind, files) for kind, files in by_kind.items()]


def _contents(kind: Kind, files: list[str]) -> Contents:
    # Each format is imported where it is needed: pynwb alone takes a second to import.
    read_one: Callable[[str], SessionContents]
    match kind:
        case "table":
            from neuro_attn.onboarding import table

            roles = table.roles(files)
            return Contents(kind, list(roles.values()), roles, table.read(roles))
        case "nwb":
            from neuro_attn.onboarding import nwb

            read_one = nwb.read
        case "raster":
            from neuro_attn.onboarding import raster

            read_one = raster.read
        case "netcdf":
            from neuro_attn.onboarding import netcdf

            read_one = netcdf.read
    progress = tqdm(files, desc="reading", unit="file", disable=None, leave=False)
    return Contents(kind, files, {}, [read_one(path) for path in progress])

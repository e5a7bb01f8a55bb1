"""Files fetched from an archive with the interface of DANDI: checked, resumed, whole or not at all.

A file is written beside its place, with `.part` at the end of its name, and takes its place when
its size and SHA-256 digest are those that the archive states. What is there already is kept.
"""

import fnmatch
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from tqdm import tqdm

from neuro_attn import printing
from neuro_attn.errors import InputError
from neuro_attn.files import sha256
from neuro_attn.registry.catalogue import KnownDataset

ARCHIVE = "https://api.dandiarchive.org/api"
_BLOCK = 1 << 20
_MOST_LISTED = 1 << 26
"""Bytes of the longest answer that is no file."""
_TIMEOUT = 60.0
_TRIES = 5
"""Attempts in a row that may bring nothing before a transfer is given up."""
_LOCAL = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Asset:
    """A file of a data set in an archive.

    Parameters
    ----------
    id, path : str
        Its identifier, and where it stands in the data set.
    size : int
        Bytes.
    """

    id: str
    path: str
    size: int


def download(
    dataset: KnownDataset,
    folder: str | Path,
    only: str | None = None,
    archive: str = ARCHIVE,
    pause: float = 1.0,
) -> list[Path]:
    """Fetch the files of a data set that are not there yet.

    Parameters
    ----------
    dataset : KnownDataset
        Which data set.
    folder : str or Path
        The folder of the data; the files go to a folder in it, named after the data set.
    only : str, optional
        Pattern of the paths to fetch, instead of the data set's own.
    archive : str
        Address of the archive's interface.
    pause : float
        Wait after a broken connection, s; twice as long after the next.

    Returns
    -------
    list of Path
        All files, fetched now or before.

    Raises
    ------
    InputError
        If the archive cannot be reached or refuses, no path matches, there is no room, a path
        would leave the folder, or a file is not what the archive states. Files that are whole
        stay; a transfer that broke goes on where it stopped.
    """
    place = Path(folder) / dataset.name
    root = f"{archive.rstrip('/')}/dandisets/{quote(dataset.identifier)}"
    root += f"/versions/{quote(dataset.version)}/assets"
    pattern = only or dataset.assets
    assets = [each for each in _listed(root, dataset) if fnmatch.fnmatch(each.path, pattern)]
    if not assets:
        raise InputError(root, f"no file of {dataset.name} matches {pattern!r}.")
    targets = {asset: _inside(place, asset.path) for asset in assets}
    _check_room(place, sum(asset.size for asset, path in targets.items() if not path.exists()))
    total = sum(asset.size for asset in assets)
    with printing.bar(desc=dataset.name, total=total, unit="B", unit_scale=True) as bar:
        for asset, path in targets.items():
            digest = _digest(f"{root}/{quote(asset.id)}/", asset)
            address = f"{archive.rstrip('/')}/assets/{quote(asset.id)}/download/"
            _fetch(address, asset, digest, path, bar, pause)
    return list(targets.values())


# --- what there is -----------------------------------------------------------------------------


def _listed(root: str, dataset: KnownDataset) -> Iterator[Asset]:
    """Yield all files of a data set, page by page."""
    page: str | None = f"{root}/?order=path&page_size=100"
    seen = set()
    while page is not None and page not in seen:
        seen.add(page)
        answer = _json(page)
        try:
            for each in answer["results"]:
                yield Asset(str(each["asset_id"]), str(each["path"]), int(each["size"]))
            page = answer["next"]
        except (KeyError, TypeError, ValueError):
            raise InputError(page or root, f"is no list of files of {dataset.name}.") from None
        if page is not None and urlsplit(page)[:2] != urlsplit(root)[:2]:
            raise InputError(page, "the list goes on at another address than it began.")


def _digest(address: str, asset: Asset) -> str:
    """Return the SHA-256 digest that the archive states for a file."""
    try:
        digest = str(_json(address)["digest"]["dandi:sha2-256"])
    except (KeyError, TypeError):
        raise InputError(
            f"{address}, {asset.path}",
            "the archive states no SHA-256 digest, so the file cannot be checked.",
            "Take a published version, or the archive's own client.",
        ) from None
    return digest.lower()


def _json(address: str) -> Any:
    try:
        with _opened(address) as response:
            return json.loads(response.read(_MOST_LISTED))
    except InputError:
        raise
    except HTTPError as error:
        raise _refused(address, error) from None
    except (OSError, HTTPException) as error:
        raise InputError(address, f"cannot be reached ({_said(error)}).") from None
    except ValueError:
        raise InputError(address, "does not answer in JSON.") from None


def _opened(address: str, start: int = 0) -> HTTPResponse:
    """Open an address, from a byte on; only HTTPS, and HTTP on this machine."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        raise InputError(address, "is no address with https.")
    headers = {"User-Agent": "neuro-attn", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    return urlopen(Request(address, headers=headers), timeout=_TIMEOUT)


def _refused(address: str, error: HTTPError) -> InputError:
    error.close()
    return InputError(address, f"the archive answers {error.code} ({error.reason}).")


def _said(error: BaseException) -> str:
    return str(error.reason if isinstance(error, URLError) else error) or type(error).__name__


# --- where it goes -----------------------------------------------------------------------------


def _inside(place: Path, path: str) -> Path:
    """Return where a file goes, if that is inside the folder."""
    parts = PurePosixPath(path).parts
    plain = path.isprintable() and "\\" not in path
    if plain and parts and not path.startswith("/") and not {"..", "."} & set(path.split("/")):
        target = place.joinpath(*parts)
        if target.resolve().is_relative_to(place.resolve()):
            return target
    raise InputError(f"file {path!r}", f"would not go into {place}.", "Nothing is fetched.")


def _check_room(place: Path, needed: int) -> None:
    there = next(folder for folder in (place, *place.absolute().parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if needed > free:
        raise InputError(
            str(place),
            f"{needed / 1e9:.1f} GB are to come, {free / 1e9:.1f} GB are free.",
            "Make room, name another folder with --data, or fetch less with --only.",
        )


# --- the transfer ------------------------------------------------------------------------------


def _fetch(address: str, asset: Asset, digest: str, path: Path, bar: tqdm, pause: float) -> None:
    begun = bar.n
    if not (path.is_file() and path.stat().st_size == asset.size and sha256(path) == digest):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        fruitless = 0
        while (have := _size(part)) != asset.size or not part.exists():
            bar.n = begun + have
            broke = _append(address, part, have, asset.size, bar)
            fruitless = 0 if _size(part) > have else fruitless + 1
            if broke and fruitless == _TRIES:
                raise InputError(
                    address,
                    f"the connection breaks ({broke}).",
                    "Run it again: it goes on from there.",
                )
            if broke:
                time.sleep(pause * 2**fruitless)
        if (found := sha256(part)) != digest:
            part.unlink()
            raise InputError(
                str(path),
                f"what came has the SHA-256 digest {found}, the archive states {digest}.",
                "It was removed; run it again.",
            )
        part.replace(path)
    bar.update(begun + asset.size - bar.n)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _append(address: str, part: Path, have: int, size: int, bar: tqdm) -> str:
    """Write what is missing to the end of a part; return why it stopped before, if it did."""
    try:
        with _opened(address, have) as response:
            # A server may not know ranges, or send another one: then it begins anew.
            told = str(response.headers.get("Content-Range", ""))
            goes_on = response.status == 206 and told.startswith(f"bytes {have}-")
            if have and not goes_on:
                bar.update(-have)
            with open(part, "ab" if goes_on else "wb") as file:
                while block := response.read(_BLOCK):
                    # More than the archive states is never kept: it could fill the disk.
                    file.write(block[: size + 1 - file.tell()])
                    if file.tell() > size:
                        break
                    bar.update(len(block))
    except HTTPError as error:
        error.close()
        if error.code == 416 and have:
            part.unlink()
            return "the server does not have the rest"
        if error.code < 500 and error.code != 429:
            raise _refused(address, error) from None
        return f"{error.code} {error.reason}"
    except (URLError, HTTPException, ConnectionError, TimeoutError) as error:
        return _said(error)
    if (came := _size(part)) > size:
        part.unlink()
        return f"more than {size} bytes came"
    return "" if came == size else f"{came} of {size} bytes came"

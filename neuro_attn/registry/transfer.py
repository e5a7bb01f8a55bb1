"""Download files from an archive with the DANDI interface, with checksums and resumption.

We write to a partial file in the same folder, and rename it once its size and SHA-256 digest are
those that the archive states. Complete files that already exist are not downloaded again.
"""

import os
import time
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from urllib.parse import quote

from tqdm import tqdm

from neuro_attn import printing
from neuro_attn.errors import InputError
from neuro_attn.registry import listing, placing
from neuro_attn.registry.catalogue import KnownDataset
from neuro_attn.registry.client import BrokenConnectionError, Client, Response, refused, shown
from neuro_attn.registry.limits import LIMITS, Limits
from neuro_attn.registry.listing import Asset

ARCHIVE = "https://api.dandiarchive.org/api"
_TEMPORARY = frozenset({408, 425, 429})
"""Temporary refusals, retried like server errors (500 and above)."""


def download(
    dataset: KnownDataset,
    folder: str | Path,
    only: str | None = None,
    archive: str = ARCHIVE,
    limits: Limits | None = None,
) -> list[Path]:
    """Download the files of a data set that are missing.

    Parameters
    ----------
    dataset : KnownDataset
        The data set.
    folder : str or Path
        The folder of the data; the files are written to a subfolder named after the data set.
    only : str, optional
        Pattern of the paths to download, instead of that of the data set.
    archive : str
        Address of the archive's interface.
    limits : Limits, optional
        Limits of time and size; by default `LIMITS`.

    Returns
    -------
    list of Path
        All files, downloaded now or before.

    Raises
    ------
    InputError
        If the archive cannot be reached, refuses a request or exceeds a limit; if no path matches,
        a path is not allowed or the disk is full; or if a file differs from what the archive
        states. Complete files are kept, and an interrupted transfer can be resumed.
    """
    limits = limits or LIMITS
    place = Path(folder) / dataset.name
    client = Client(limits)
    address = listing.root(archive, dataset)
    assets = listing.matching(
        client, address, dataset, pattern=only or dataset.assets, limits=limits
    )
    placing.check_paths([asset.path for asset in assets], place)
    missing = [asset for asset in assets if placing.size_of(place, asset.path) != asset.size]
    placing.check_room(place, sum(asset.size for asset in missing))
    total = sum(asset.size for asset in assets)
    with (
        placing.locked(place),
        printing.bar(desc=dataset.name, total=total, unit="B", unit_scale=True) as bar,
    ):
        for asset in assets:
            path = place / asset.path
            transfer = _Transfer(
                client=client,
                address=f"{archive.rstrip('/')}/assets/{quote(asset.id)}/download/",
                asset=asset,
                path=path,
                limits=limits,
                bar=bar,
                begun=bar.n,
            )
            digest = listing.digest(client, address, asset)
            with placing.opened(place, asset.path.split("/")[:-1]) as inner:
                target = placing.Target(inner, path, digest)
                if not target.is_whole(asset.size):
                    with target.partial() as file:
                        transfer.run(file)
                        target.complete(file)
            transfer.show(asset.size)
    return [place / asset.path for asset in assets]


@dataclass(frozen=True)
class _Transfer:
    """Transfer of one file into its partial file."""

    client: Client
    address: str
    asset: Asset
    path: Path
    limits: Limits
    bar: tqdm
    begun: int

    def run(self, file: FileIO) -> None:
        """Append the missing bytes to a partial file, with retries.

        Raises
        ------
        InputError
            If the server refuses a request, sends a number of bytes other than that stated by the
            archive, or makes too little progress in several consecutive attempts; or if the disk is
            full.
        """
        fruitless = 0
        while (have := _length(file)) != self.asset.size:
            if have > self.asset.size:
                have = _begin_anew(file)
            self.show(have)
            problem = self._attempt(file, have)
            came = _length(file) - have
            if came >= min(self.limits.progress, self.asset.size - have):
                fruitless = 0
                continue
            fruitless += 1
            if fruitless == self.limits.attempts:
                raise InputError(
                    self.address,
                    f"the connection fails repeatedly ({problem}).",
                    "Run the download again; it resumes from there.",
                )
            time.sleep(self.limits.pause * 2**fruitless)

    def _attempt(self, file: FileIO, have: int) -> str:
        """Append the bytes of one response; return the reason if they are incomplete."""
        try:
            with self.client.get(self.address, have) as response:
                return self._append(response, file, have)
        except BrokenConnectionError as error:
            return str(error)

    def _append(self, response: Response, file: FileIO, have: int) -> str:
        status, size = response.status, self.asset.size
        if status >= 500 or status in _TEMPORARY:
            return f"{status} {shown(response.reason)}"
        if have and status in (206, 416) and not _resumes(response, have, size):
            # The next attempt requests the whole file.
            _begin_anew(file)
            return "the server does not have the rest"
        if have and status == 200:
            # The server does not support ranges.
            have = _begin_anew(file)
        elif status != (206 if have else 200):
            raise refused(self.address, response)
        if response.length not in (None, size - have):
            raise self._other_size(file, f"sends {response.length}", size - have)
        arrived = 0
        response.allow(self.limits.window)
        while block := response.block():
            have += len(block)
            # Excess bytes are not written, because they could fill the disk.
            if have > size:
                raise self._other_size(file, "sends more", size)
            placing.write(file, block, self.path)
            self.show(have)
            arrived += len(block)
            if arrived >= self.limits.window_bytes:
                arrived = 0
                response.allow(self.limits.window)
        return f"{have} of {size} bytes arrived"

    def show(self, have: int) -> None:
        """Set the progress bar to `have` bytes of this file."""
        self.bar.update(self.begun + have - self.bar.n)

    def _other_size(self, file: FileIO, sends: str, stated: int) -> InputError:
        _begin_anew(file)
        return InputError(
            self.address,
            f"the server {sends} bytes of {shown(self.asset.path)}, but the archive states "
            f"{stated}.",
            "The partial file was emptied. Run the download again.",
        )


def _resumes(response: Response, have: int, size: int) -> bool:
    """Return whether a response is the rest of this file, according to its headers."""
    stated = str(response.headers.get("Content-Range", ""))
    return response.status == 206 and stated in (
        f"bytes {have}-{size - 1}/{size}",
        f"bytes {have}-{size - 1}/*",
    )


def _length(file: FileIO) -> int:
    return file.seek(0, os.SEEK_END)


def _begin_anew(file: FileIO) -> int:
    file.truncate(0)
    return file.seek(0)

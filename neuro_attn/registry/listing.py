"""Paths, sizes and digests of the files of a data set, as stated by the archive."""

import fnmatch
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from neuro_attn.errors import InputError
from neuro_attn.registry.catalogue import KnownDataset
from neuro_attn.registry.client import Client, shown
from neuro_attn.registry.limits import Limits

_PAGE_SIZE = 1000


@dataclass(frozen=True)
class Asset:
    """A file of a data set in an archive.

    Parameters
    ----------
    id, path : str
        Its identifier, and its path in the data set.
    size : int
        Size in bytes.
    """

    id: str
    path: str
    size: int


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True)


class _Entry(_Answer):
    asset_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,100}$")]
    path: str
    size: Annotated[int, Field(ge=0)]


class _Page(_Answer):
    results: list[_Entry]
    next: str | None


class _Digests(_Answer):
    sha256: Annotated[str, Field(alias="dandi:sha2-256", pattern="^[0-9A-Fa-f]{64}$")]


class _Metadata(_Answer):
    digest: _Digests


def root(archive: str, dataset: KnownDataset) -> str:
    """Return the address of the list of files of a data set."""
    version = f"{quote(dataset.identifier)}/versions/{quote(dataset.version)}"
    return f"{archive.rstrip('/')}/dandisets/{version}/assets"


def matching(
    client: Client, address: str, dataset: KnownDataset, *, pattern: str, limits: Limits
) -> list[Asset]:
    """Return the files of a data set whose path matches a pattern.

    Parameters
    ----------
    client : Client
        HTTP client.
    address : str
        Address of the list of files; see `root`.
    dataset : KnownDataset
        The data set, for messages.
    pattern : str
        Shell pattern of the paths.
    limits : Limits
        Limits of the list.

    Raises
    ------
    InputError
        If the archive cannot be reached, returns no valid list or exceeds a limit, or if no path
        matches.
    """
    entries = _entries(client, address, dataset, limits)
    assets = [
        Asset(each.asset_id, each.path, each.size)
        for each in entries
        if fnmatch.fnmatch(each.path, pattern)
    ]
    if not assets:
        raise InputError(address, f"no file of {dataset.name} matches {pattern!r}.")
    for asset in assets:
        if asset.size > limits.file_bytes:
            raise InputError(
                f"file {shown(asset.path)!r}",
                f"the archive states a size of {shown(asset.size)} bytes.",
                f"At most {limits.file_bytes}.",
            )
    return assets


def digest(client: Client, address: str, asset: Asset) -> str:
    """Return the SHA-256 digest that the archive states for a file, in lower case.

    Raises
    ------
    InputError
        If the archive cannot be reached or states no digest.
    """
    where = f"{address}/{quote(asset.id)}/"
    try:
        return _Metadata.model_validate_json(client.read(where)).digest.sha256.lower()
    except ValidationError:
        raise InputError(
            f"{where}, {shown(asset.path)}",
            "the archive states no SHA-256 digest, so the file cannot be checked.",
            "Take a published version, or the archive's own client.",
        ) from None


def _entries(
    client: Client, address: str, dataset: KnownDataset, limits: Limits
) -> Iterator[_Entry]:
    page: str | None = f"{address}/?order=path&page_size={_PAGE_SIZE}"
    end = time.monotonic() + limits.listing
    seen: set[str] = set()
    n_entries = 0
    while page is not None:
        if page in seen:
            raise InputError(shown(page), "the list of files returns to this page.")
        seen.add(page)
        answer = _page(client.read(page), page, dataset)
        yield from answer.results
        # Count empty pages too, otherwise their number would be unlimited.
        n_entries += max(len(answer.results), 1)
        if n_entries > limits.entries:
            raise InputError(address, f"the list has more than {limits.entries} files.")
        if time.monotonic() > end:
            raise InputError(address, f"the list does not end within {limits.listing:g} s.")
        page = answer.next
        if page is not None and not _same_server(page, address):
            raise InputError(shown(page), "the list continues on another server than it began.")


def _page(body: bytes, page: str, dataset: KnownDataset) -> _Page:
    try:
        return _Page.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        if not (key := ".".join(map(str, first["loc"]))):
            raise InputError(
                shown(page), f"does not answer with a list of files of {dataset.name} in JSON."
            ) from None
        raise InputError(
            shown(page), f"is no list of files of {dataset.name}: {shown(key)} is missing or wrong."
        ) from None


def _same_server(page: str, address: str) -> bool:
    try:
        return urlsplit(page)[:2] == urlsplit(address)[:2]
    except ValueError:
        return False

"""Write downloaded files inside the folder of their data set only.

Paths come from a server. We open every folder below the one that the user named without following
symbolic links, and open, rename and remove files relative to its descriptor. No link, not even one
created during the download, can therefore lead out of the folder.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path, PurePosixPath

from neuro_attn.errors import InputError, of_the_system
from neuro_attn.files import PARTIAL
from neuro_attn.registry.client import shown

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
# Without O_NONBLOCK, opening a named pipe would wait for a writer.
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LONGEST_NAME = 255
_LONGEST_PATH = 1000
_LINK = "is a symbolic link or another kind of file, where a folder or plain file belongs."
_REMEDY = "Remove it, or name another folder with --data."


def check_paths(paths: Iterable[str], place: Path) -> None:
    """Check that paths stay inside a folder and are distinct files on all systems.

    Parameters
    ----------
    paths : iterable of str
        Paths as stated by the archive.
    place : Path
        The folder of the data set.

    Raises
    ------
    InputError
        If a path is absolute, contains ``..``, or has characters or a length that file systems
        treat differently. Also if two paths are equal, differ only in case or Unicode normal form,
        or if one is a folder of the other.
    """
    files: dict[str, str] = {}
    for path in paths:
        if problem := _problem(path):
            raise InputError(
                f"file {shown(path)!r}",
                f"would not go into {place}: its path {problem}.",
                "Nothing is fetched.",
            )
        if (key := _folded(path)) in files:
            raise _meeting(files[key], path, "are the same file on some systems")
        files[key] = path
    for key, path in files.items():
        for folder in map(str, PurePosixPath(key).parents):
            if folder in files:
                raise _meeting(files[folder], path, "are a file and a folder of the same name")


def _problem(path: str) -> str:
    parts = path.split("/")
    if len(path) > _LONGEST_PATH:
        return f"has more than {_LONGEST_PATH} characters"
    # Unprintable characters include NUL, line breaks and changes of text direction.
    if not path.isprintable() or set("\\:") & set(path):
        return "has control characters, backslashes or colons"
    if {"", ".", ".."} & set(parts):
        return "is absolute, or has empty parts, '.' or '..'"
    if any(part.startswith(PARTIAL) for part in parts):
        return f"has a part that begins with {PARTIAL!r}"
    if any(len(os.fsencode(part)) > _LONGEST_NAME for part in parts):
        return f"has a part of more than {_LONGEST_NAME} bytes"
    return ""


def _folded(path: str) -> str:
    """Return a key that is equal for paths that some file systems do not distinguish."""
    folded = unicodedata.normalize("NFD", path).casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", folded))


def _meeting(one: str, other: str, how: str) -> InputError:
    return InputError(
        f"files {shown(one)!r} and {shown(other)!r}",
        f"{how}. Nothing is fetched.",
        "Fetch one of them with --only.",
    )


# --- folders -------------------------------------------------------------------------------------


@contextmanager
def opened(place: Path, folders: Iterable[str] = ()) -> Iterator[int]:
    """Yield the descriptor of a folder, which is created if it is missing.

    Parameters
    ----------
    place : Path
        The folder of the data set. Its parent belongs to the user and may be a symbolic link.
    folders : iterable of str
        Names of nested folders below it, from the outermost to the innermost.

    Raises
    ------
    InputError
        If one of them is a file or a symbolic link, or if the system refuses access.
    """
    with _refused_by_system(place):
        place.parent.mkdir(parents=True, exist_ok=True)
    folder = _descend(place, folders, make=True)
    try:
        yield folder
    finally:
        os.close(folder)


@contextmanager
def locked(place: Path) -> Iterator[None]:
    """Lock a folder against other downloads during the block.

    Raises
    ------
    InputError
        If another download into the folder is running.
    """
    with opened(place) as folder:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                str(place), "another download into this folder is running.", "Wait for it to end."
            ) from None
        except OSError:
            pass  # Some network file systems have no locks.
        yield


def size_of(place: Path, path: str) -> int | None:
    """Return the size of a file, or None if there is none.

    Raises
    ------
    InputError
        If the path is a folder, a symbolic link or another special file.
    """
    *folders, name = path.split("/")
    try:
        folder = _descend(place, folders, make=False)
    except FileNotFoundError:
        return None
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None
    finally:
        os.close(folder)
    if not stat.S_ISREG(found.st_mode):
        raise InputError(str(place / path), _LINK, _REMEDY)
    return found.st_size


def check_room(place: Path, needed: int) -> None:
    """Check that the disk has enough free space for a download.

    Parameters
    ----------
    place : Path
        The folder of the data set.
    needed : int
        Size of the files to download, bytes; partial files count as already present.

    Raises
    ------
    InputError
        If there is not enough space.
    """
    there = next(folder for folder in (place, *place.absolute().parents) if folder.exists())
    free = shutil.disk_usage(there).free
    partial = sum(
        os.lstat(os.path.join(folder, name)).st_size
        for folder, _, names in os.walk(place)
        for name in names
        if name.startswith(PARTIAL)
    )
    if needed > free + partial:
        raise InputError(
            str(place),
            f"{(needed - partial) / 1e9:.1f} GB are needed, {free / 1e9:.1f} GB are free.",
            "Free some space, name another folder with --data, or fetch less with --only.",
        )


def _descend(place: Path, folders: Iterable[str], *, make: bool) -> int:
    path = place.parent
    with _refused_by_system(path):
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    for name in (place.name, *folders):
        path = path / name
        try:
            with _refused_by_system(path):
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(name, dir_fd=folder)
                inner = os.open(name, _FOLDER, dir_fd=folder)
        finally:
            os.close(folder)
        folder = inner
    return folder


# --- files ---------------------------------------------------------------------------------------


class Target:
    """A file to download, and its partial file in the same folder.

    The name of the partial file contains the digest of the whole file, so that a transfer resumes
    only if the archive still states the same file.

    Parameters
    ----------
    folder : int
        Descriptor of the folder.
    path : Path
        Path of the file, for messages.
    digest : str
        SHA-256 of the whole file.
    """

    def __init__(self, folder: int, path: Path, digest: str):
        self._folder, self._path, self._digest = folder, path, digest
        self._stem = f"{PARTIAL}{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}-"
        self._partial = f"{self._stem}{digest}"

    def is_whole(self, size: int) -> bool:
        """Return whether the file exists with this size and the correct digest."""
        try:
            with self._open(self._path.name, os.O_RDONLY) as file:
                return os.fstat(file.fileno()).st_size == size and self._matches(file)
        except FileNotFoundError:
            return False

    @contextmanager
    def partial(self) -> Iterator[FileIO]:
        """Yield the partial file, open for reading and writing.

        Partial files with other digests are removed, as is this one if it is empty after the block.
        """
        for name in os.listdir(self._folder):
            if name.startswith(self._stem) and name != self._partial:
                os.unlink(name, dir_fd=self._folder)
        with self._open(self._partial, os.O_RDWR | os.O_CREAT) as file:
            if linked := os.fstat(file.fileno()).st_nlink > 1:
                # The file has another hard link, possibly outside the folder: do not write to it.
                self._remove()
        flags = os.O_RDWR | os.O_CREAT | (os.O_EXCL if linked else 0)
        with self._open(self._partial, flags) as file:
            try:
                yield file
            finally:
                if os.fstat(file.fileno()).st_size == 0:
                    self._remove()

    def complete(self, file: FileIO) -> None:
        """Rename the partial file to its final name, or remove it if its digest is wrong.

        Raises
        ------
        InputError
            If the digest is wrong.
        """
        file.seek(0)
        if not self._matches(file):
            self._remove()
            raise InputError(
                str(self._path),
                f"the file received does not have the SHA-256 digest {self._digest} that the "
                "archive states.",
                "It was removed; run the download again.",
            )
        with _refused_by_system(self._path):
            os.replace(
                self._partial, self._path.name, src_dir_fd=self._folder, dst_dir_fd=self._folder
            )

    def _matches(self, file: FileIO) -> bool:
        return hashlib.file_digest(file, "sha256").hexdigest() == self._digest

    def _open(self, name: str, flags: int) -> FileIO:
        path = self._path.with_name(name)

        with _refused_by_system(path):
            handle = os.open(name, flags | _FILE, 0o666, dir_fd=self._folder)
        # Unbuffered, so that all writes have reached the file and closing cannot fail.
        file = FileIO(handle, "r+" if flags & os.O_RDWR else "r")
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            file.close()
            raise InputError(str(path), _LINK, _REMEDY)
        return file

    def _remove(self) -> None:
        with suppress(FileNotFoundError):
            os.unlink(self._partial, dir_fd=self._folder)


def write(file: FileIO, block: bytes, path: Path) -> None:
    """Write all bytes of a block.

    Raises
    ------
    InputError
        If the system refuses to write, e.g. because the disk is full.
    """
    rest = memoryview(block)
    with _refused_by_system(path):
        while rest:
            rest = rest[file.write(rest) :]


@contextmanager
def _refused_by_system(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except (NotADirectoryError, IsADirectoryError, FileExistsError):
        raise InputError(str(path), _LINK, _REMEDY) from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise InputError(str(path), _LINK, _REMEDY) from None
        raise of_the_system(error, str(path)) from error

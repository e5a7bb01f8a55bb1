"""Compilation of loops by Numba with a cache on disk, and an exponential that vectorises.

Many jobs of a run start at once and need the same functions, on one computer or on the nodes of a
cluster that share the cache. One of them compiles, the others wait and read its code.
"""

import fcntl
import hashlib
import logging
import math
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core.caching import FunctionCache, IndexDataCacheFile, InTreeCacheLocator
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target
from numba.extending import overload

Function = TypeVar("Function", bound=Callable[..., Any])
settings: Any = numba.config
logger = logging.getLogger(__name__)
_PATIENCE = 600
"""Longest wait for another process that compiles, s; ample on a busy computer."""


def _processor() -> str:
    """Return the name of the folder for this kind of processor and these versions of software."""
    target, name, features = cpu_target.target_context.codegen().magic_tuple()
    versions = (platform.python_version(), numba.__version__)
    digest = hashlib.sha256("\n".join((*versions, target, features)).encode()).hexdigest()
    return f"{name}-{digest[:16]}"


def _folder_of_sources() -> Path:
    """Return the folder of the code that is compiled from these sources."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    name = f"compiled-{digest[:16]}"
    if settings.CACHE_DIR:
        return Path(settings.CACHE_DIR) / name
    beside = Path(__file__).parent / "__pycache__"
    try:
        beside.mkdir(exist_ok=True)
        for older in beside.glob("compiled-*"):
            if older.name != name:
                shutil.rmtree(older, ignore_errors=True)
        (beside / name).mkdir(exist_ok=True)
    except OSError:
        return _folder_of_user(name, beside)
    return beside / name


def _folder_of_user(name: str, instead_of: Path) -> Path:
    """Return a folder in the user's cache, and log its creation."""
    try:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        folder = cache / "neuro-attn" / name
        folder.mkdir(parents=True)
    except FileExistsError:
        return folder
    except (OSError, RuntimeError):  # The user may have no home folder.
        logger.warning(
            "The solver is compiled anew in each process (half a minute), because %s cannot be "
            "written to. Set NUMBA_CACHE_DIR to a writable folder.",
            instead_of,
        )
        return Path(os.devnull, name)
    logger.warning(
        "Compiled code is cached in %s, because %s cannot be written to.", folder, instead_of
    )
    return folder


FOLDER = _folder_of_sources() / _processor()


def has_compiled_code() -> bool:
    """Return whether any function was compiled from these sources for this kind of processor."""
    return any(FOLDER.glob("*.nbc"))


class Locator(InTreeCacheLocator):
    """Finds compiled code by the contents of the sources.

    Numba compares the path and the time of the file of a function, and ignores the files of the
    functions that it calls.
    """

    def get_cache_path(self) -> str:
        """Return the folder."""
        return str(FOLDER)

    def get_source_stamp(self) -> str:
        """Return a stamp that changes with the sources."""
        return FOLDER.parent.name


class _Files:
    """The files of a function's compiled code: two for each signature and processor.

    Numba numbers these files, and one index a function leads from signatures to numbers. Processes
    that write at the same time take the same number, so that the index of one leads to the code of
    another. Here, each signature has an index of its own, whose name is a digest of what it is for.
    """

    def __init__(self, name: str):
        self._name = name

    def has(self, key: Any) -> bool:
        """Return whether there is code for a signature, processor and function."""
        return (FOLDER / f"{self._stem(key)}.1.nbc").exists()

    def save(self, key: Any, data: Any) -> None:
        """Write compiled code, if possible; readers find all of it or nothing."""
        with suppress(OSError):  # For example on a full disk; the next process then compiles.
            file = self._file(key)
            file.flush()  # Numba would read the index, which can be damaged.
            file.save(key, (key, data))

    def load(self, key: Any) -> Any:
        """Return compiled code, or None if there is none or a file is damaged."""
        try:
            found, data = self._file(key).load(key)
        except Exception:  # Damaged bytes can raise any exception.
            return None
        return data if found == key else None

    def _stem(self, key: Any) -> str:
        return f"{self._name}.{hashlib.sha256(repr(key).encode()).hexdigest()[:32]}"

    def _file(self, key: Any) -> IndexDataCacheFile:
        return IndexDataCacheFile(str(FOLDER), self._stem(key), FOLDER.parent.name)


class _Cache(FunctionCache):
    """Numba's cache of a function, with files of our own."""

    def __init__(self, function: Callable[..., Any]):
        super().__init__(function)
        self._files = _Files(self._impl.filename_base)
        self._cache_file: Any = self._files

    def contains(self, signature: Any, target: Any) -> bool:
        """Return whether there is a file for a signature."""
        return self._files.has(self._index_key(signature, target.codegen()))


_compiling = False
"""Whether this process holds the lock of the folder; guarded by Numba's lock of threads."""


@contextmanager
def _others_wait() -> Iterator[None]:
    """Let no other process with the same folder compile while the block runs.

    Without a lock (some network file systems have none, and a node that holds it may be lost),
    several processes compile the same code, which only takes time.
    """
    global _compiling
    if _compiling:
        yield
        return
    try:
        lock = os.open(FOLDER / "lock", os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        yield
        return
    try:
        until = time.monotonic() + _PATIENCE
        while not _locked(lock) and time.monotonic() < until:
            time.sleep(0.1)
        _compiling = True
        yield
    finally:
        _compiling = False
        os.close(lock)


def _locked(lock: int) -> bool:
    """Return whether a lock is now held, or cannot be."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _keep_on_disk(compiled: Any) -> None:
    """Give a function that Numba compiles the cache on disk, where one process writes at a time."""
    cache = _Cache(compiled.py_func)
    compiled._cache = cache
    compile_alone = compiled.compile

    def compile_once(signature: Any) -> Any:
        # Numba's lock comes first, as when a function compiles those that it calls.
        with global_compiler_lock:
            if cache.contains(signature, compiled.targetctx):
                return compile_alone(signature)
            with _others_wait():
                return compile_alone(signature)

    compiled.compile = compile_once


def njit_cached(function: Function) -> Function:
    """Compile a function of numbers and arrays at its first call, and cache it on disk.

    Sums may be reordered, so that they vectorise. The function releases the interpreter's lock.
    Caution: mixing integers with float32 promotes to float64.
    """
    return _compiled(function)


def inlined(function: Function) -> Function:
    """Compile as `njit_cached` does, and inline the function wherever it is called.

    Passing a tuple of many arrays takes longer than short loops.
    """
    return _compiled(function, forceinline=True)


def njit_ordered(function: Function) -> Function:
    """Compile as `njit_cached` does, with sums and differences in the order of the source."""
    return _compiled(function, fastmath=False)


def _compiled(function: Function, **further: bool) -> Function:
    any_order = {"reassoc", "contract", "nsz", "arcp"}
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": any_order}
    options |= further
    others = settings.CACHE_LOCATOR_CLASSES
    settings.CACHE_LOCATOR_CLASSES = f"{__name__}.{Locator.__name__}"
    compiled: Any = numba.njit(function, **options)
    try:
        _keep_on_disk(compiled)
    except RuntimeError:
        pass  # Without a writable folder, each process compiles the function.
    finally:
        settings.CACHE_LOCATOR_CLASSES = others
    return compiled


def exp(x: float) -> float:
    """Return exp(x) in compiled loops, in float32 to a relative precision of 3e-7."""
    return math.exp(x)


@overload(exp)
def _(x):  # type: ignore[no-untyped-def]  # Numba compares the text of signatures.
    if x == numba.float32:
        return lambda x: _exp_single(x)
    return lambda x: math.exp(x)


LOG2_E = np.float32(math.log2(math.e))
LN2_HIGH, LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
"""ln 2 in two parts; the first has so few digits that small multiples of it are exact."""
LARGEST_EXPONENT = np.float32(87)


@njit_cached
def _exp_single(x: np.float32) -> np.float32:
    """Return 2^k exp(r), |r| < ln(2) / 2 (Cephes library, expf)."""
    x = x if x < LARGEST_EXPONENT else LARGEST_EXPONENT
    x = x if x > -LARGEST_EXPONENT else -LARGEST_EXPONENT
    k = np.floor(x * LOG2_E + np.float32(0.5))
    r = x - k * LN2_HIGH - k * LN2_LOW
    series = np.float32(1.9875691500e-4)
    series = series * r + np.float32(1.3981999507e-3)
    series = series * r + np.float32(8.3334519073e-3)
    series = series * r + np.float32(4.1665795894e-2)
    series = series * r + np.float32(1.6666665459e-1)
    series = series * r + np.float32(5.0000001201e-1)
    # A float32 of value 2^k has k + 127 in the bits above the 23 bits of its fraction.
    power = np.int32((np.int32(k) + 127) << 23).view(np.float32)
    return (series * r * r + r + np.float32(1)) * power

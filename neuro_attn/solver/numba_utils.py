"""Compilation of loops by Numba with a cache on disk, and an exponential that vectorises."""

import hashlib
import logging
import math
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core.caching import InTreeCacheLocator
from numba.extending import overload

Function = TypeVar("Function", bound=Callable[..., Any])
settings: Any = numba.config
logger = logging.getLogger(__name__)


def _folder() -> Path:
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


FOLDER = _folder()


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
        return FOLDER.name


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
    try:
        compiled: Any = numba.njit(function, cache=True, **options)
    except RuntimeError:
        # Without a writable folder, each process compiles the function.
        compiled = numba.njit(function, **options)
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

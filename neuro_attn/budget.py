"""The budget of memory: larger needs are errors before anything is allocated.

A file of a few kilobytes can declare arrays of terabytes, and a short configuration can request any
number of trials. Declared sizes are therefore compared with the budget (`need`). Needs without a
declared size, such as a compressed block that expands, reach a limit of the operating system on the
process (`limited`).
"""

import math
import os
import re
import resource
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from neuro_attn.errors import InputError

SHARE = 0.8
"""Default budget, as a fraction of the available memory."""
VARIABLE = "NEURO_ATTN_MEMORY"
"""Environment variable with which the option ``--memory`` reaches the jobs of a run."""
REMEDY = "To allow more, set the key memory or the option --memory (GB)."
_FROM = 16_000_000
"""Smallest need that is compared, bytes; many small arrays reach the limit of the process."""
_THREADS, _PER_CORE = 1_000_000_000, 100_000_000
"""Address space that libraries reserve for threads and buffers but hardly use, bytes."""
_OUT_OF_MEMORY = re.compile(
    r"out of memory|memory allocation failed|unable to allocate|can't allocate", re.IGNORECASE
)
"""Messages of a failed allocation, in libraries with exceptions of their own."""
_NO_LIMIT = 1 << 60
"""Values from here on mean "no limit" in control groups."""


class BudgetError(InputError):
    """Raised if something needs more memory than the budget."""


_TOTAL: ContextVar[tuple[float, str] | None] = ContextVar("total", default=None)
"""Bytes that this process may use, and the origin of that number; None: `SHARE`."""
_OF_AVAILABLE = f"{SHARE:.0%} of what is available".replace("%", " %")


@contextmanager
def limited(gigabytes: float | None) -> Iterator[None]:
    """Limit the memory of this process while the block runs.

    Parameters
    ----------
    gigabytes : float or None
        The budget, 1e9 bytes; None: `SHARE` of the available memory.
    """
    if gigabytes is None:
        total, origin = resident() + SHARE * available(), _OF_AVAILABLE
    else:
        total, origin = gigabytes * 1e9, f"memory: {gigabytes:g}"
    token = _TOTAL.set((total, origin))
    before = resource.getrlimit(resource.RLIMIT_DATA)
    reserved = _THREADS + _PER_CORE * (os.cpu_count() or 1)
    _limit_data(_writable() + max(int(total) - resident(), 0) + reserved, before)
    try:
        yield
    finally:
        _TOTAL.reset(token)
        if sys.platform == "linux":
            resource.setrlimit(resource.RLIMIT_DATA, before)


def _limit_data(n_bytes: int, before: tuple[int, int]) -> None:
    """Let allocations beyond a size fail in this process, if the system supports it."""
    if sys.platform == "linux":
        lowest = min([n_bytes, *(each for each in before if each != resource.RLIM_INFINITY)])
        resource.setrlimit(resource.RLIMIT_DATA, (lowest, before[1]))


def left() -> float:
    """Return the bytes that this process may still allocate."""
    if (given := _TOTAL.get()) is None:
        return SHARE * available()
    return max(min(given[0] - resident(), _address_space()), 0.0)


def need(n_bytes: float, where: str, what: str, remedy: str = "") -> None:
    """Raise `BudgetError` if something needs more memory than the rest of the budget.

    Parameters
    ----------
    n_bytes : float
        Bytes that it needs.
    where : str
        File and table, or key.
    what : str
        Its description and size, such as "an array of 3 x 5 values".
    remedy : str
        How to make it smaller.
    """
    if n_bytes < _FROM or n_bytes <= (there := left()):
        return
    origin = (_TOTAL.get() or (0.0, _OF_AVAILABLE))[1]
    raise BudgetError(
        where,
        f"{what} needs about {in_words(n_bytes)} of memory; the budget leaves {in_words(there)} "
        f"({origin}).",
        f"{remedy} {REMEDY}".strip(),
    )


def need_array(
    shape: Sequence[int],
    item_bytes: int,
    where: str,
    *,
    copies: float = 2,
    chunks: Sequence[int] | None = None,
) -> None:
    """Raise `BudgetError` if an array that a file declares does not fit into the budget.

    Parameters
    ----------
    shape : sequence of int
        Its shape.
    item_bytes : int
        Bytes of a value.
    where : str
        File and array.
    copies : float
        Number of arrays of this size in memory while it is read.
    chunks : sequence of int, optional
        Shape of its chunks, each of which is decompressed as a whole.
    """
    size = " x ".join(f"{int(each):,}" for each in shape) or "1"
    need(
        copies * array_bytes(shape, item_bytes, chunks),
        where,
        f"an array of {size} values",
        "If the file should be smaller, it is damaged.",
    )


def array_bytes(
    shape: Sequence[int], item_bytes: int, chunks: Sequence[int] | None = None
) -> float:
    """Return the bytes of an array, or of one of its chunks if that is larger."""
    n_values = max(math.prod(map(int, shape)), math.prod(map(int, chunks)) if chunks else 0)
    return float(n_values * item_bytes)


def item_bytes(dtype: Any) -> int:
    """Return the bytes of a value; text counts as a pointer and a Python object."""
    return 64 if dtype.kind == "O" else int(dtype.itemsize)


def need_node(node: Any, where: str, copies: float = 2) -> None:
    """Raise `BudgetError` if an array of h5py or zarr does not fit; see `need_array`."""
    item = item_bytes(node.dtype)
    need_array(node.shape or (), item, where, copies=copies, chunks=node.chunks)


@contextmanager
def reading(path: str | Path) -> Iterator[None]:
    """Convert a failed allocation while a file is read into a `BudgetError`."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        if isinstance(error, MemoryError) or _OUT_OF_MEMORY.search(str(error)):
            raise BudgetError(
                str(path),
                "reading it takes more memory than the budget.",
                f"If the file should be small, it is damaged. {REMEDY}",
            ) from None
        raise


def in_words(n_bytes: float) -> str:
    """Return a number of bytes in GB, or MB if it is small."""
    if n_bytes > 1e18:
        return "more than 1,000,000,000 GB"
    if n_bytes < 1e9:
        return f"{n_bytes / 1e6:.0f} MB"
    return f"{n_bytes / 1e9:,.1f} GB" if n_bytes < 1e11 else f"{n_bytes / 1e9:,.0f} GB"


# --- memory of the system ------------------------------------------------------------------------


def resident() -> int:
    """Return the bytes of memory that this process uses."""
    if pages := _statm(1):
        return pages
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def available() -> float:
    """Return the bytes that this process could still allocate.

    This is the minimum of the free memory of the machine, the rest allowed by the control groups of
    the process (containers, Slurm), and the rest of its address space (``ulimit -v``).
    """
    return max(min(_of_machine(), _of_groups(), _address_space()), 0.0)


def _of_machine() -> float:
    for line in _lines(Path("/proc/meminfo")):
        if line.startswith("MemAvailable:"):
            return 1024.0 * int(line.split()[1])
    return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))


def _of_groups() -> float:
    """Return the bytes that the control groups (version 1 or 2) of this process still allow."""
    least = math.inf
    for line in _lines(Path("/proc/self/cgroup")):
        _, controllers, place = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        old = controllers == "memory"
        root = Path("/sys/fs/cgroup/memory" if old else "/sys/fs/cgroup")
        names = ("memory.limit_in_bytes", "memory.usage_in_bytes") if old else _NAMES
        # In a container, the path is that on the host, and the group of the container is the root.
        group = root / place.strip("/")
        for folder in {group, *group.parents} - set(root.parents):
            limit, used = (_number(folder / name) for name in names)
            if limit is not None and used is not None and limit < _NO_LIMIT:
                least = min(least, limit - used + _file_cache(folder))
    return least


_NAMES = ("memory.max", "memory.current")


def _file_cache(folder: Path) -> int:
    """Return the bytes of a control group that cache files and can be released."""
    fields = dict(line.split() for line in _lines(folder / "memory.stat"))
    return int(fields.get("total_inactive_file", fields.get("inactive_file", 0)))


def _address_space() -> float:
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return math.inf if limit == resource.RLIM_INFINITY else float(limit - _statm(0))


def _writable() -> int:
    """Return the bytes that count for the limit on data."""
    return _statm(5)


def _statm(field: int) -> int:
    lines = _lines(Path("/proc/self/statm"))
    return int(lines[0].split()[field]) * os.sysconf("SC_PAGE_SIZE") if lines else 0


def _number(path: Path) -> int | None:
    lines = _lines(path)
    return int(lines[0]) if lines and lines[0].isdigit() else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return []

"""What every source checks of the files and spikes that users give."""

from pathlib import Path

import numpy as np

from neuro_attn.errors import InputError


def existing_file(path: str | Path, where: str = "") -> Path:
    """Return `path`, or raise `InputError` if it is no file.

    Parameters
    ----------
    path : str or Path
        The file.
    where : str, optional
        The config key that names it; without one, the error names the file alone.
    """
    path = Path(path)
    if not path.is_file():
        problem = f"no such file: {path}." if where else "no such file."
        raise InputError(where or str(path), problem)
    return path


def first_line(error: BaseException) -> str:
    """Return what an error of a library says, short enough to stand in a message."""
    text = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {text[0][:200]}".rstrip(": ")


def sorted_spike_times(times: np.ndarray, where: str) -> np.ndarray:
    """Return a unit's spike times in order.

    Parameters
    ----------
    times : array, shape (spike,)
        Spike times, s, in any order.
    where : str
        File and unit, named in errors.

    Returns
    -------
    numpy.ndarray of float64, shape (spike,)

    Raises
    ------
    InputError
        If a spike time is NaN or infinite.
    """
    times = np.asarray(times, dtype=np.float64)
    if not (finite := np.isfinite(times)).all():
        spike = int(np.flatnonzero(~finite)[0])
        raise InputError(where, f"spike {spike} has the time {times[spike]}.", "In s, and finite.")
    return np.sort(times)

"""Limits of time, bytes and entries for a download."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of a download; exceeding one ends the download with an error.

    Parameters
    ----------
    connect : float
        Longest time until a connection is established, s.
    answer, answer_bytes : float and int
        Longest time, s, and largest size of a page of the list or of a digest. The time includes
        redirects; for a file, it applies until the first byte can be read.
    listing, entries : float and int
        Longest time, s, and largest number of files of a whole list.
    file_bytes : int
        Largest file.
    redirects : int
        Largest number of consecutive redirects.
    window, window_bytes : float and int
        Duration of a window, s, and smallest number of bytes of a file that must arrive in each.
    attempts, progress : int
        Number of consecutive attempts, each with fewer than `progress` bytes, after which a
        transfer fails.
    pause : float
        Pause after a failed attempt, s, doubled with each consecutive failure.
    """

    connect: float = 20.0
    answer: float = 60.0
    answer_bytes: int = 8_000_000
    listing: float = 1800.0
    entries: int = 500_000
    file_bytes: int = 10**15
    redirects: int = 5
    window: float = 60.0
    window_bytes: int = 600_000
    attempts: int = 5
    progress: int = 65_536
    pause: float = 1.0


LIMITS = Limits()

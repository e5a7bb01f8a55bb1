"""How much time, how many bytes and how many entries a server may take."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds of a download. A server that exceeds one is reported, never waited for.

    Parameters
    ----------
    connect : float
        Longest time until a connection is established, s.
    answer, answer_bytes : float and int
        Longest time, s, and size of a page of the list or a digest. The time includes redirects;
        for a file it applies until its first byte may be read.
    listing, entries : float and int
        Longest time, s, and most files of a whole list.
    file_bytes : int
        Largest file.
    redirects : int
        Most redirects in a row.
    window, window_bytes : float and int
        At least this many bytes of a file must arrive in each window of so many s.
    attempts, progress : int
        A transfer is given up after this many attempts in a row that each bring fewer bytes than
        `progress`.
    pause : float
        Wait after a failed attempt, s; it doubles with each attempt in a row.
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

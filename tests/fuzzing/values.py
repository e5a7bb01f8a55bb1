"""Values that break assumptions: numbers, texts and containers, plain or as arrays."""

from random import Random
from typing import Any

import numpy as np

NUMBERS: tuple[Any, ...] = (
    *(0, 1, -1, 2, 3, 7, 10, 100, 1000, 10_001, 1_000_001),
    *(2**31 - 1, 2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**20, 10**400),
    *(0.0, -0.0, 0.5, -0.5, 0.1, 1 / 3, 1e-9, 1e-300, 5e-324, 1e16, 1e38, 1e300, -1e300),
    *(float("inf"), float("-inf"), float("nan"), True, False),
)
TEXTS = (
    *("", " ", "\t", "0", "1", "-1", "1e5", "1e400", "nan", "NA", "None", "null", "~", "inf"),
    *("yes",),
    *("on", "true", "1:30", "010", "0x10", "2020-01-01", "2020-01-01T00:00:00Z", "=1+1", "@SUM(1)"),
    *("../x", "/etc/passwd", "~/x", "file:///etc/passwd", "http://127.0.0.1:9/x", "C:\\x", "\\"),
    *("*", "**", "**/*", "[", "[!", "]", "?", "{", "}", "{x}", "{wildcards}", "{0}", "%s", "%"),
    *("$x",),
    *("<", ">", "</script>", "|x|", "x_", ".. note::", "`x`_", "'", '"', "''", "a'b", "a\nb", "\r"),
    *("\x00", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u202eabc", "\ufeff", "e\u0301", "é", "領域"),
    *("😀",),
    *("trial_id", "rates", "time", "unit_id", "unit", "trial", "label", "task", "session"),
    *("region",),
    *("event_time", "trial_number", "mean_rate", "all", "side", "order", "cue", "location", "."),
    *("x" * 51, "x" * 300, "x" * 70_000, "V4" * 20, "-rf", "--help", ".hidden", "con", "V4", "v4"),
)
EXPRESSIONS = (
    *("side ==", "== 'left'", "side = 'left'", "(" * 300, "not", "side", "cue", "True", "1", "''"),
    *("side == 'nothing'", "side < 1", "cue < 'a'", "cue / 0 > 1", "cue % 0 == 1", "0 / 0 == 1"),
    *("cue > 1e400", "cue > 10**400", "9 ** 9 ** 9 == 1", "1 << 99999999 == 1", "side.x == 1"),
    *("side[0] == 'l'", "side in ('left', 'right')", "side in 'left'", "side in cue"),
    *("side is None",),
    *("side == 'left' or side != 'left'", "cue == cue", "cue != cue", "-side == 1", "~cue == 1"),
    *("f'{side}' == ''", "lambda: 1", "[x for x in side]", "__import__('os')", "side; cue"),
    *("π == 1",),
    *("order == 'pro' and" * 40 + " cue > 0", "1 < cue < 3 < 2", "side == \x00", "a b"),
    *("side == b'x'",),
    *("cue > " + "9" * 900, "-" * 900 + "1 == 1", "not " * 200 + "side", "order == 'pro'"),
)


def scalar(draw: Random) -> Any:
    """Return a number, a text, an expression or nothing."""
    return draw.choice(draw.choice((NUMBERS, NUMBERS, TEXTS, TEXTS, EXPRESSIONS, (None,))))


def anything(draw: Random) -> Any:
    """Return a scalar, or a container that holds some."""
    if draw.random() < 0.6:
        return scalar(draw)
    deep: Any = scalar(draw)
    for _ in range(draw.choice((2, 20, 120))):
        deep = [deep] if draw.random() < 0.5 else {"x": deep}
    return draw.choice(
        (
            [],
            {},
            [[]],
            {"": None},
            [scalar(draw) for _ in range(draw.randint(1, 4))],
            {str(scalar(draw)): scalar(draw) for _ in range(draw.randint(1, 4))},
            [0.2] * draw.choice((1, 3, 2000)),
            {f"k{number}": {} for number in range(draw.choice((1, 300)))},
            deep,
        )
    )


def array(draw: Random, like: np.ndarray) -> np.ndarray:
    """Return an array of another type, shape or content than `like`, at most a little larger."""
    size = max(like.size, 1)
    rng = np.random.default_rng(draw.getrandbits(64))
    match draw.randint(0, 13):
        case 0:
            return np.full(like.shape, draw.choice((np.nan, np.inf, -np.inf, 1e300, 2e9, -1.0)))
        case 1:
            return np.array([draw.choice(TEXTS).replace("\x00", "") for _ in range(size)], object)
        case 2:
            return np.array([b"\xff\xfe", b"x", b""] * size)[:size]
        case 3:
            return np.zeros(draw.choice(((), (0,), (1,), (size, 1), (1, size), (0, 5), (2, 2, 2))))
        case 4:
            return like.reshape(-1)[: draw.randint(0, size)]
        case 5:
            return np.concatenate([like.reshape(-1)] * 2)
        case 6:
            return like.T if like.ndim > 1 else like[:, None] if like.ndim else like[None]
        case 7:
            return rng.integers(-(2**62), 2**62, like.shape)
        case 8:
            return rng.integers(0, 256, like.shape).astype(draw.choice((np.uint8, np.int8)))
        case 9:
            return rng.random(like.shape) < 0.5
        case 10:
            return rng.normal(size=like.shape) + 1j
        case 11:
            return np.full(like.shape, 2**64 - 1, np.uint64)
        case 12:
            return like.reshape(-1)[::-1].reshape(like.shape)
        case _:
            return one_changed(draw, like)


def one_changed(draw: Random, like: np.ndarray) -> np.ndarray:
    """Return an array with one value changed, as its type allows."""
    if like.size == 0:
        return like
    if like.dtype.kind in "biuf":
        new = draw.choice([n for n in NUMBERS if isinstance(n, float)] + [-1, 2_000_000_000, 2**40])
        made = like.astype(float)
    else:
        new, made = draw.choice((*TEXTS, np.nan, None, 1.5)), like.astype(object)
    made.reshape(-1)[draw.randrange(like.size)] = new
    return made

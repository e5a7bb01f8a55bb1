"""One case: an input drawn from a seed, sent through the commands, and what must hold for it."""

import contextlib
import hashlib
import io
import os
import re
import shutil
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Literal

import yaml

from neuro_attn import solver
from neuro_attn.command_line import main
from neuro_attn.errors import PREFIX
from tests import formats
from tests.fuzzing import configurations, files

Kind = Literal["configuration", "files"]

SESSION = formats.planted(n_trials=40, n_units=4)
INFERENCE = {"permutations": 19, "bootstraps": 20}
SIMULATED: dict[str, Any] = {
    "source": "simulation",
    "label": "selected",
    "tasks": {
        "pro": {"trials": "trial_type == 'pro'", "align": "cue_onset"},
        "retro": {"trials": "trial_type == 'retro' and cue_set == 2", "align": "cue_onset"},
    },
    "time": {"start": -0.1, "stop": 0.5, "bin": 0.1},
    "windows": {"cue": [0.1, 0.5]},
    "decoding": {"population": "pseudopopulation"},
    "simulation": {
        "sessions": 1,
        "cycles": 1,
        "regions": {"V4": {"units": 4, "selection_axis_cosine": 1.0}},
    },
}
WISHES = (
    *("--label=side", "--task=pro=order == 'pro'", "--task=retro=order == 'retro'"),
    *("--start=0", "--stop=0.4", "--bin=0.1", "--window=late=0.2:0.4"),
)


@dataclass
class Outcome:
    """What a case did: the exit code of each command, and what should not have been."""

    label: str
    codes: dict[str, int | None] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


@cache
def _written(source: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the keys that read the session, and the files by their paths."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        keys = formats.write(source, folder, SESSION)
        return keys, {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }


def _right(source: str, data: Path) -> dict[str, Any]:
    """Write right files into the data folder and return the keys that read them."""
    data.mkdir()
    if source == "simulation":
        keys = SIMULATED
    else:
        keys, held = _written(source)
        for name, content in held.items():
            (data / name).parent.mkdir(parents=True, exist_ok=True)
            (data / name).write_bytes(content)
    return {"data_folder": "data", "datasets": {"mine": keys}, "inference": INFERENCE}


def attempt(kind: Kind, seed: int, number: int, folder: Path, spoil: bool = True) -> Outcome:
    """Draw a case in an empty folder, send it through the commands and judge what they did.

    Parameters
    ----------
    kind : str
        "configuration": a configuration of right files is damaged; "files": the files.
    seed, number : int
        Which case.
    folder : Path
        Where its files go; they stay there.
    spoil : bool
        Whether anything is damaged.

    Returns
    -------
    Outcome
        With a line for each claim that does not hold.
    """
    draw = Random(f"{kind} {seed} {number}")
    sources = (*formats.EVERY, "simulation") if kind == "configuration" else formats.EVERY
    # By turns, so that every format has its share.
    source = sources[number % len(sources)]
    data, config = folder / "data", folder / "mine.yaml"
    keys = _right(source, data)
    config.write_text(yaml.safe_dump(keys, sort_keys=False), encoding="utf-8")
    label = source
    commands: list[tuple[str, Sequence[str]]] = []
    if kind == "configuration":
        if spoil:
            content, done = configurations.damaged(draw, keys)
            config.write_bytes(content)
            label = f"{source}: {', '.join(done)}"
    else:
        if spoil:
            label = f"{source}: {', '.join(files.damage(draw, data))}"
        given = _arguments(source, data)
        commands += [
            ("inspect", ["inspect", *["--json"] * (number // len(sources) % 2), *given]),
            ("init", ["init", *given, "-o", "made.yaml", *_wishes(source)]),
            ("check", ["check", "made.yaml"]),
        ]
    commands.append(("check", ["check", "mine.yaml"]))
    outcome = Outcome(label)
    for name, arguments in commands:
        if "made.yaml" in arguments[1:2] and outcome.codes["init"] != 0:
            continue
        _judge(name, arguments, folder, outcome)
    return outcome


def _arguments(source: str, data: Path) -> list[str]:
    """Return what a user names to `inspect` and `init`."""
    if source in ("alf", "phy"):
        return ["data/planted"]
    return sorted(f"data/{path.name}" for path in data.iterdir()) or ["data"]


def _wishes(source: str) -> list[str]:
    if source in formats.RATES:
        return list(WISHES)
    return [*WISHES, f"--align={'onset' if source in formats.RASTERS else 'cue'}"]


# --- what must hold -------------------------------------------------------------------------------


def _judge(name: str, arguments: Sequence[str], folder: Path, outcome: Outcome) -> None:
    """Run a command in the folder, and note its exit code and what should not have been."""
    said, told = io.StringIO(), io.StringIO()
    before = _contents(folder)
    code: int | None = None

    def fault(what: str) -> None:
        outcome.faults.append(f"{name}: {what}")

    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(told),
        warnings.catch_warnings(record=True) as warned,
        _watched(folder) as reached,
    ):
        warnings.simplefilter("always")
        try:
            code = main(list(arguments))
        except SystemExit as stopped:
            code = stopped.code if isinstance(stopped.code, int) else None
        except BaseException:
            fault(traceback.format_exc(limit=-4).strip())
    out, err = said.getvalue(), told.getvalue()
    key = name if name not in outcome.codes else f"{name} again"
    outcome.codes[key] = code
    if code not in (0, 1, None):
        fault(f"exit code {code}")
    if "Traceback" in out + err:
        fault(f"a traceback: {err[-2000:]}")
    if code == 0 and (not out.strip() or err):
        fault(f"exit code 0 with output {out[-200:]!r} and messages {err[-500:]!r}")
    if code == 1 and not _is_one_message(err) and not (name == "check" and out.strip() and not err):
        fault(f"is not one message: {err[-2000:]!r}")
    if control := {c for c in out + err if not c.isprintable() and c != "\n"}:
        fault(f"control characters {control}")
    if "there is not enough memory" in err + out:
        fault(f"memory: {err[-500:] or out[-500:]}")
    for each in warned:
        fault(f"{each.category.__name__}: {each.message} ({each.filename}:{each.lineno})")
    for each in reached:
        fault(each)
    after = _contents(folder)
    made = {"made.yaml"} if name == "init" and code == 0 else set()
    if changed := {k for k in before.keys() | after.keys() if before.get(k) != after.get(k)} - made:
        fault(f"changed {sorted(changed)}")


def _is_one_message(err: str) -> bool:
    return bool(re.fullmatch(rf"{re.escape(PREFIX)}[^\n]+\n", err))


def _contents(folder: Path) -> dict[str, str]:
    """Return a digest of every file below a folder."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_symlink():
            told = f"link to {os.readlink(path)}"
        else:
            told = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        found[str(path.relative_to(folder))] = told
    return found


# --- what is reached outside ----------------------------------------------------------------------

_CHANGES = (
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
)
_RUNS = ("os.system", "os.exec", "os.posix_spawn", "subprocess.Popen", "socket.connect")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_watching: list[tuple[Path, list[str]]] = []
"""The folder that is watched, and what was reached outside it."""


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching:
        return
    folder, reached = _watching[-1]
    if event in _RUNS:
        reached.append(f"{event} {arguments!r:.300}")
        return
    if event == "open":
        path, _, flags = arguments
        if not isinstance(flags, int) or not flags & _WRITING:
            return
    elif event in _CHANGES:
        path = arguments[0]
    else:
        return
    if isinstance(path, int):
        return
    place = os.path.realpath(os.path.join(folder, os.fsdecode(path)))
    if not f"{place}/".startswith((f"{folder}/", *_CACHES)):
        reached.append(f"{event} {place}")


_CACHES = (
    "/dev/null/",
    f"{Path(solver.__file__).parent.resolve()}/__pycache__/",
    *(
        os.path.realpath(os.environ[name]) + "/"
        for name in ("NUMBA_CACHE_DIR", "JAX_COMPILATION_CACHE_DIR")
        if name in os.environ
    ),
)
"""Where compiled code may be kept."""


@cache
def _install() -> None:
    # An audit hook stays for the life of a process: it does nothing while no folder is watched.
    sys.addaudithook(_audit)


@contextlib.contextmanager
def _watched(folder: Path) -> Iterator[list[str]]:
    """Return a list of the files written outside a folder, and of what was run or connected to."""
    _install()
    reached: list[str] = []
    _watching.append((Path(os.path.realpath(folder)), reached))
    try:
        yield reached
    finally:
        _watching.pop()


def emptied(folder: Path) -> Path:
    """Return a folder without what the last case left in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder

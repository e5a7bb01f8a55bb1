"""What compiled loops build on is right."""

import fcntl
import importlib
import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn.solver import numba_utils
from neuro_attn.solver.numba_utils import exp, njit_cached


@njit_cached
def exp_of(x):
    return exp(x)


@given(x=st.floats(-87, 87, width=32))
def test_the_quick_exponential_has_the_digits_of_float32(x):
    found = exp_of(np.float32(x))
    assert abs(found / np.exp(np.float64(np.float32(x))) - 1) < 3e-7


def test_beyond_the_range_of_float32_it_neither_overflows_nor_vanishes():
    for x in (-1e30, -100.0, 100.0, 1e30):
        found = exp_of(np.float32(x))
        assert 0 < found < np.inf


@given(x=st.floats(-700, 700))
def test_in_float64_it_is_exp(x):
    assert np.isclose(exp_of(x), np.exp(x), rtol=1e-15)


def test_without_a_folder_to_write_to_it_is_compiled_all_the_same(tmp_path):
    """An image of a container may have neither a home nor a package that can be written to."""
    source = Path(numba_utils.__file__).read_text(encoding="utf-8")
    package = tmp_path / "package"
    package.mkdir()
    (package / "numba_utils.py").write_text(source, encoding="utf-8")
    # A file where folders would have to be.
    (package / "__pycache__").touch()
    (tmp_path / ".cache").touch()
    code = (
        "import numpy as np, numba_utils\n"
        "assert numba_utils._exp_single(np.float32(0)) == 1\n"
        "assert not numba_utils._exp_single.stats.cache_path\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    environment |= {"HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=package, env=environment)


def test_what_was_compiled_from_other_sources_is_not_used(tmp_path):
    """Numba itself looks at the file of a function only, not at those of what it calls."""
    package = tmp_path / "package"
    package.mkdir()
    source = Path(numba_utils.__file__).read_text(encoding="utf-8")
    (package / "numba_utils.py").write_text(source, encoding="utf-8")
    called = "from numba_utils import njit_cached\n"
    called += "@njit_cached\ndef called(x):\n    return x + {}\n"
    calls = "from numba_utils import njit_cached\nfrom called import called\n"
    calls += "@njit_cached\ndef calls(x):\n    return called(x)\n"
    (package / "calls.py").write_text(calls, encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    for added in (1, 2):
        (package / "called.py").write_text(called.format(added), encoding="utf-8")
        code = "from calls import calls; print(calls(0), sum(calls.stats.cache_hits.values()))"
        command = [sys.executable, "-c", code]
        for hits in (0, 1):
            done = subprocess.run(
                command, check=True, cwd=package, env=environment, capture_output=True, text=True
            )
            assert done.stdout.split() == [str(added), str(hits)]
    assert len(list((package / "__pycache__").glob("compiled-*"))) == 1


# --- processes that compile at the same time ------------------------------------------------------

FUNCTION = "def twice(x):\n    return x + x\n"
TYPES = (np.int32, np.int64, np.float32, np.float64)


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Iterator[Path]:
    """An empty folder of compiled code, and a module with a function."""
    monkeypatch.setattr(numba_utils, "FOLDER", tmp_path / "compiled/processor")
    (tmp_path / "module_of_a_test.py").write_text(FUNCTION, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("module_of_a_test", None)


def compiled():
    """Return the function, decorated as in another process."""
    sys.modules.pop("module_of_a_test", None)
    return njit_cached(importlib.import_module("module_of_a_test").twice)


def called(number: int, start, answers) -> None:
    """Call the function with numbers of one type, at the same time as other processes."""
    twice = compiled()
    start.wait()
    value = twice(TYPES[number % len(TYPES)](21))
    answers.put((number, value, sum(twice.stats.cache_misses.values())))


def in_processes(numbers: Sequence[int]) -> list[tuple[int, float, int]]:
    """Call the function in one process a number; return value and number of compilations."""
    fork = multiprocessing.get_context("fork")
    start, answers = fork.Barrier(len(numbers)), fork.Queue()
    processes = [fork.Process(target=called, args=(n, start, answers)) for n in numbers]
    for process in processes:
        process.start()
    found = [answers.get(timeout=300) for _ in processes]
    for process in processes:
        process.join()
    return sorted(found)


@pytest.mark.filterwarnings("ignore:os.fork")  # of JAX, which other tests import
def test_processes_that_compile_for_different_types_do_not_mix_up_their_code(folder):
    """Numba's own files get the same number in several processes, and the last index counts."""
    for _ in range(5):
        shutil.rmtree(folder / "compiled", ignore_errors=True)
        in_processes(range(len(TYPES)))
        again = compiled()
        for kind in TYPES:
            assert type(again(kind(21))) is type(kind(21).item())
        assert sum(again.stats.cache_hits.values()) == len(TYPES)


@pytest.mark.filterwarnings("ignore:os.fork")
def test_one_process_compiles_while_the_others_wait_for_its_code(folder):
    found = in_processes([0] * 4)
    assert [value for _, value, _ in found] == [42] * 4
    assert sum(misses for _, _, misses in found) == 1


def test_a_file_for_another_function_or_a_damaged_one_is_not_used(folder):
    compiled()(1)
    for kind in ("nbc", "nbi"):
        (path,) = (folder / "compiled/processor").glob(f"*.{kind}")
        for content in (path.read_bytes()[:10], b"", pickle.dumps(("another", "code"))):
            path.write_bytes(content)
            again = compiled()
            assert again(1) == 2
            assert not again.stats.cache_hits
    again = compiled()
    assert again(1) == 2
    assert sum(again.stats.cache_hits.values()) == 1


def test_each_kind_of_processor_and_version_has_its_own_folder(monkeypatch):
    code = "from neuro_attn.solver.numba_utils import FOLDER; print(FOLDER)"
    folders = {numba_utils.FOLDER}
    for kind in ({}, {"NUMBA_CPU_NAME": "haswell"}, {"NUMBA_CPU_FEATURES": "+sse2"}):
        command = [sys.executable, "-c", code]
        environment = os.environ | kind
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        folders.add(Path(done.stdout.strip()))
    monkeypatch.setattr(numba_utils.numba, "__version__", "0.1")
    folders.add(numba_utils.FOLDER.with_name(numba_utils._processor()))
    assert len(folders) == 4
    assert {folder.parent for folder in folders} == {numba_utils.FOLDER.parent}
    assert any(folder.name.startswith("haswell-") for folder in folders)


def test_a_lost_process_that_holds_the_lock_does_not_stop_the_others(folder, monkeypatch):
    monkeypatch.setattr(numba_utils, "_PATIENCE", 0.2)
    twice = compiled()
    with open(folder / "compiled/processor/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert twice(21) == 42

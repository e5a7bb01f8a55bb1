"""Every result that is not as its job wrote it is found, with the rule that makes it."""

import hashlib
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuro_attn import checksums
from neuro_attn.checksums import DAMAGED, MISSING, UNRECORDED, Problem
from neuro_attn.errors import InputError
from neuro_attn.jobs import job

FILES = {
    "decode": ["small/decoding/LPFC.nc", "small/decoding/V4%2Fanterior.nc"],
    "infer": ["small/summary.csv", "small/transfer.csv"],
    "draw": ["figures/geometry-small.png"],
}


def written(folder: Path, rule: str, name: str, contents: dict[str, bytes]) -> None:
    """Run a job that writes files."""
    results = folder / "results"
    (results / "logs").mkdir(parents=True, exist_ok=True)
    log = results / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    outputs = [str(results / path) for path in contents]
    with job(rule=rule, log=str(log), outputs=outputs):
        for path, content in contents.items():
            (results / path).parent.mkdir(parents=True, exist_ok=True)
            (results / path).write_bytes(content)


@pytest.fixture
def results(tmp_path) -> Path:
    for rule, paths in FILES.items():
        written(tmp_path, rule, f"{rule}/small", {path: path.encode() for path in paths})
    return tmp_path / "results"


def test_results_as_they_were_written_have_no_problem(results):
    assert checksums.verify(results) == []
    found, damaged = checksums.recorded(results)
    assert set(found) == {path for paths in FILES.values() for path in paths}
    assert damaged == []


# --- damage -------------------------------------------------------------------------------------


def flipped(path: Path, at: float) -> None:
    content = bytearray(path.read_bytes())
    content[min(int(at * len(content)), len(content) - 1)] ^= 1
    path.write_bytes(bytes(content))


def truncated(path: Path, at: float) -> None:
    path.write_bytes(path.read_bytes()[: int(at * (path.stat().st_size - 1))])


def longer(path: Path, at: float) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def emptied(path: Path, at: float) -> None:
    path.write_bytes(b"")


def zeroed(path: Path, at: float) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def replaced_by_a_folder(path: Path, at: float) -> None:
    path.unlink()
    path.mkdir()


def replaced_by_a_dangling_link(path: Path, at: float) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def deleted(path: Path, at: float) -> None:
    path.unlink()


DAMAGE: dict[Callable[[Path, float], None], str] = {
    flipped: DAMAGED,
    truncated: DAMAGED,
    longer: DAMAGED,
    emptied: DAMAGED,
    zeroed: DAMAGED,
    replaced_by_a_folder: DAMAGED,
    replaced_by_a_dangling_link: DAMAGED,
    deleted: MISSING,
}


@given(
    damage=st.sampled_from(list(DAMAGE)),
    file=st.sampled_from([(rule, path) for rule, paths in FILES.items() for path in paths]),
    at=st.floats(0, 1),
)
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_is_found_and_nothing_else_is_accused(results, tmp_path_factory, damage, file, at):
    copy = shutil.copytree(results, tmp_path_factory.mktemp("damaged") / "results")
    rule, path = file
    damage(copy / path, at)
    assert checksums.verify(copy) == [Problem(path, DAMAGE[damage], rule)]


def test_two_files_that_swapped_their_names_are_both_damaged(results):
    one, other = (results / path for path in FILES["decode"])
    one.rename(results / "between")
    other.rename(one)
    (results / "between").rename(other)
    assert checksums.verify(results) == [
        Problem(path, DAMAGED, "decode") for path in FILES["decode"]
    ]


def test_a_renamed_file_is_missing_and_unrecorded(results):
    (results / "small/summary.csv").rename(results / "small/summary_old.csv")
    assert checksums.verify(results) == [
        Problem("small/summary.csv", MISSING, "infer"),
        Problem("small/summary_old.csv", UNRECORDED, ""),
    ]


@given(
    damage=st.sampled_from([flipped, truncated, emptied, zeroed]),
    rule=st.sampled_from(list(FILES)),
    at=st.floats(0, 1),
)
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_record_is_found_and_proves_nothing(results, tmp_path_factory, damage, rule, at):
    copy = shutil.copytree(results, tmp_path_factory.mktemp("damaged") / "results")
    record = f"checksums/{rule}/small.json"
    damage(copy / record, at)
    unproven = [Problem(path, UNRECORDED, "") for path in FILES[rule]]
    assert checksums.verify(copy) == sorted([Problem(record, DAMAGED, ""), *unproven])


@pytest.mark.parametrize(
    "content", ["[]", "{}", "null", '{"record": 1}', "\xff", "[" * 100_000, '{"files": {"a": 1}}']
)
def test_a_record_of_another_form_is_damaged(results, content):
    (results / "checksums/infer/small.json").write_text(content, encoding="latin-1")
    assert Problem("checksums/infer/small.json", DAMAGED, "") in checksums.verify(results)


def test_a_record_under_the_name_of_another_job_is_damaged(results):
    shutil.copy(results / "checksums/infer/small.json", results / "checksums/infer/other.json")
    assert checksums.verify(results) == [Problem("checksums/infer/other.json", DAMAGED, "")]


# --- what changes between runs ------------------------------------------------------------------


def test_results_can_be_moved(results, tmp_path):
    moved = tmp_path / "archive/of 2024"
    moved.parent.mkdir()
    shutil.move(results, moved)
    assert checksums.verify(moved) == []
    emptied(moved / "small/summary.csv", 0)
    assert checksums.verify(moved) == [Problem("small/summary.csv", DAMAGED, "infer")]


def test_what_a_job_wrote_under_another_configuration_stays_recorded(results, tmp_path):
    first, second = FILES["decode"]
    written(tmp_path, "decode", "decode/small", {first: b"with fewer regions"})
    assert checksums.verify(results) == []
    emptied(results / second, 0)
    assert checksums.verify(results) == [Problem(second, DAMAGED, "decode")]


def test_the_parquet_file_of_a_table_is_recorded_and_goes_with_it(results, tmp_path):
    table, large = "small/transfer.csv", results / "small/transfer.parquet"
    (results / "logs/x").mkdir()
    with job(rule="x", log=str(results / "logs/x/small.log"), outputs=[str(results / table)]):
        (results / table).write_text("many rows")
        large.write_text("many rows")
    assert checksums.verify(results) == []
    emptied(large, 0)
    assert checksums.verify(results) == [Problem("small/transfer.parquet", DAMAGED, "x")]
    written(tmp_path, "x", "x/small", {table: b"fewer rows"})
    assert not large.exists()
    assert checksums.verify(results) == []


def test_a_file_is_intact_if_one_of_its_records_says_so(results, tmp_path):
    """A version of the workflow with other rules may have left a record of former content."""
    written(tmp_path, "tabulate", "tabulate/small", {"small/summary.csv": b"new"})
    assert checksums.verify(results) == []


def test_logs_times_and_hidden_files_are_no_results(results):
    for path in ("logs/runs/1.log", "benchmarks/infer.tsv", "small/.partial-x.csv"):
        (results / path).parent.mkdir(parents=True, exist_ok=True)
        (results / path).write_text("x")
    (results / "checksums/infer/.partial-y.json").write_text("half")
    assert checksums.verify(results) == []


KILLED = """
import os, signal
from neuro_attn import checksums
from neuro_attn.jobs import job
def kill(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)
checksums.record = kill
with job(rule="infer", log="results/logs/infer/small.log", outputs=["results/small/summary.csv"]):
    open("results/small/summary.csv", "w").write("new")
"""


def test_a_job_that_is_killed_before_its_record_leaves_a_result_that_is_not_proven(results):
    done = subprocess.run([sys.executable, "-c", KILLED], cwd=results.parent)
    assert done.returncode == -signal.SIGKILL
    assert checksums.verify(results) == [Problem("small/summary.csv", DAMAGED, "infer")]


def test_a_job_that_fails_records_nothing(tmp_path):
    (tmp_path / "results/logs").mkdir(parents=True)
    with (
        pytest.raises(SystemExit),
        job(rule="x", log=str(tmp_path / "results/logs/x.log"), outputs=["results/x"]),
    ):
        raise InputError("x", "is wrong.")
    assert not (tmp_path / "results/checksums").exists()


def test_a_log_elsewhere_is_refused():
    with pytest.raises(InputError, match="is not in results/logs"):
        checksums.of_log("logs/x.log")


def test_a_record_is_found_from_a_log_below_any_folder():
    """As where the workflow is a module of another one, with a prefix."""
    assert checksums.of_log("sub/results/logs/train/logs/seed0.log") == (
        Path("sub/results"),
        Path("train/logs/seed0"),
    )


def test_records_are_plain_json_for_other_programs(results):
    content = json.loads((results / "checksums/infer/small.json").read_text())
    assert content["rule"] == "infer"
    assert content["files"]["small/summary.csv"] == {
        "sha256": hashlib.sha256(b"small/summary.csv").hexdigest(),
        "size": 17,
    }

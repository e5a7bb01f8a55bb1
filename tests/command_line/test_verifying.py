"""`neuro-attn verify` finds what is not as it was written; `run --verify` makes it again.

The workflow here is a few lines with all that makes this hard: a checkpoint that decides what is
made, an intermediate result, a temporary file, and two configurations in one folder.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from neuro_attn import checksums
from neuro_attn.checksums import DAMAGED, MISSING, UNRECORDED, Problem
from neuro_attn.command_line import main, verifying
from neuro_attn.command_line.verifying import Planned
from neuro_attn.errors import InputError
from tests.command_line.conftest import COMMAND, CONFIGURATION, environment, make_project
from tests.commands import HANGS

SUMMARY = """output_file\tdate\trule\tlog-file(s)\tstatus\tplan
results/a/first.txt\tSat Nov 28 14:00:00 2026\tfirst\tresults/logs/first.log\tok\tno update
results/a/passing.txt\t-\tpassing\t-\tremoved temp file\tno update
results/a/last.txt\t-\tlast\t-\tmissing\tupdate pending
"""


# --- what counts --------------------------------------------------------------------------------


@pytest.fixture
def results(tmp_path) -> Path:
    """Results of two rules, and records of one more file that Snakemake has removed."""
    results = tmp_path / "results"
    for rule in ("first", "passing", "last"):
        path = results / f"a/{rule}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rule)
        checksums.record(rule, f"{rule}/a", [str(path)], results)
    (results / "a/passing.txt").unlink()
    return results


def planned(*missing: str) -> dict[str, Planned]:
    rules = ("first", "passing", "last")
    return {f"a/{rule}.txt": Planned(rule, rule in missing) for rule in rules}


def test_a_summary_of_snakemake_says_what_is_made_and_what_is_missing():
    found = verifying.read_summary(SUMMARY, "results")
    assert found == {
        "a/first.txt": Planned("first", False),
        "a/passing.txt": Planned("passing", False),
        "a/last.txt": Planned("last", True),
    }


def test_a_temporary_file_that_was_removed_is_not_missed(results):
    assert verifying.found(results, planned(), "report.html") == ([], [])


def test_what_is_missing_without_a_record_is_found_by_the_plan(results):
    (results / "a/last.txt").unlink()
    (results / "checksums/last/a.json").unlink()
    wrong, _ = verifying.found(results, planned("last"), "report.html")
    assert wrong == [Problem("a/last.txt", MISSING, "last")]


def test_without_a_record_the_rule_is_known_from_the_plan(results):
    (results / "checksums/last/a.json").unlink()
    wrong, _ = verifying.found(results, planned(), "report.html")
    assert wrong == [Problem("a/last.txt", UNRECORDED, "last")]


def test_what_others_lack_or_add_is_not_counted_but_their_damage_is(results):
    (results / "notes.txt").write_text("mine")
    for name in ("lost", "damaged"):
        path = results / f"b/{name}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
        checksums.record(name, f"{name}/b", [str(path)], results)
    (results / "b/lost.txt").unlink()
    (results / "b/damaged.txt").write_text("x")
    wrong, other = verifying.found(results, planned(), "report.html")
    assert wrong == [Problem("b/damaged.txt", DAMAGED, "damaged")]
    assert other == [
        Problem("b/lost.txt", MISSING, "lost"),
        Problem("notes.txt", UNRECORDED, ""),
    ]


def test_a_report_that_is_missing_counts_although_snakemake_does_not_plan_it(results):
    (results / "report.html").write_text("page")
    checksums.record("report", "report", [str(results / "report.html")], results)
    assert verifying.found(results, planned(), "report.html")[0] == []
    (results / "report.html").unlink()
    wrong, _ = verifying.found(results, planned(), "report.html")
    assert wrong == [Problem("report.html", MISSING, "report")]


def test_results_that_were_moved_are_verified_without_the_workflow(results, tmp_path, capsys):
    (results / "checksums/passing/a.json").unlink()
    moved = tmp_path / "archive of 2024"
    results.rename(moved)
    assert main(["verify", "--results", str(moved)]) == 0
    assert capsys.readouterr().out == f"All 2 results in {moved} match their checksums.\n"
    (moved / "a/first.txt").write_text("x")
    assert main(["verify", "--results", str(moved)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "  problem  rule   file",
        f"  damaged  first  {moved}/a/first.txt",
        f"Results in {moved} that differ from their checksums: 1.",
        "To recompute them, run neuro-attn run --verify CONFIG where they were computed.",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "mine.yaml"), "results: contains no checksums. neuro-attn run and report"),
        (("verify", "--results", "nowhere"), "--results: must be an existing folder"),
        (("run", "mine.yaml", "--verify", "--", "-n"), "--verify: removes damaged results"),
    ],
)
def test_what_cannot_be_verified_is_said_in_one_message(
    workflow, monkeypatch, capsys, arguments, said
):
    monkeypatch.chdir(workflow("rule all:\n"))
    monkeypatch.setattr("neuro_attn.command_line.running._planned", lambda what: {})
    assert main(list(arguments)) == 1
    assert capsys.readouterr().err.startswith(f"neuro-attn: error: {said}")


# --- making again -------------------------------------------------------------------------------


def restored(results: Path, forced: list[list[str]], missing=()) -> bool:
    """Restore with a stand-in for Snakemake that makes what it is told to make."""

    def plan() -> dict[str, Planned]:
        there = {path.name for path in (results / "a").iterdir()}
        gone = {rule for rule in ("first", "last") if f"{rule}.txt" not in there}
        return planned(*gone)

    def remake(paths) -> None:
        forced.append(list(paths))
        for path in map(Path, paths):
            path.write_text(path.stem)
            checksums.record(path.stem, f"{path.stem}/a", [str(path)], results)

    return verifying.restore(results, plan, remake)


def test_where_nothing_differs_nothing_is_made(results):
    forced: list[list[str]] = []
    assert not restored(results, forced)
    assert forced == []


def test_damaged_missing_and_unrecorded_results_are_made_again(results, capsys):
    (results / "a/first.txt").write_text("")
    (results / "checksums/last/a.json").write_text("{}")
    forced: list[list[str]] = []
    assert restored(results, forced)
    assert forced == [[f"{results}/a/first.txt", f"{results}/a/last.txt"]]
    assert verifying.found(results, planned(), "") == ([], [])
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "neuro-attn: recomputing 3 results:"
    assert f"  damaged     unknown  {results}/checksums/last/a.json" in told


def test_results_that_cannot_be_made_right_end_in_an_error(results):
    (results / "a/first.txt").write_text("")
    with pytest.raises(InputError, match="damaged or missing again after recomputation"):
        verifying.restore(results, lambda: planned("first"), lambda paths: None)


def test_a_folder_in_the_place_of_a_result_is_not_removed(results):
    (results / "a/first.txt").unlink()
    (results / "a/first.txt").mkdir()
    with pytest.raises(InputError, match="is a folder, but a result has this name"):
        restored(results, [])


# --- with the real Snakemake ----------------------------------------------------------------------

WORKFLOW = """
import sys
SET = "b" if config.get("seed") == 5 else "a"

def parts(wildcards):
    with open(checkpoints.listed.get(set=wildcards.set).output[0]) as file:
        return [f"results/{wildcards.set}/part_{name}.txt" for name in file.read().split()]

rule all:
    input: f"results/{SET}/last.txt"
checkpoint listed:
    output: "results/{set}/listed.txt"
    log: "results/logs/listed/{set}.log"
    shell: "{sys.executable} write.py listed {log} {output}"
rule part:
    input: "results/{set}/listed.txt"
    output: "results/{set}/part_{name}.txt"
    log: "results/logs/part/{set}/{name}.log"
    shell: "{sys.executable} write.py part {log} {output} {input}"
rule passing:
    output: temp("results/{set}/passing.txt")
    log: "results/logs/passing/{set}.log"
    shell: "{sys.executable} write.py passing {log} {output}"
rule last:
    input: parts, "results/{set}/passing.txt"
    output: "results/{set}/last.txt"
    log: "results/logs/last/{set}.log"
    shell: "{sys.executable} write.py last {log} {output} {input}"
"""
WRITE = """
import sys
from pathlib import Path
from neuro_attn.jobs import job
rule, log, output, *inputs = sys.argv[1:]
with job(rule=rule, log=log, outputs=[output]):
    lines = ["x y"] if rule == "listed" else [rule, *(Path(path).read_text() for path in inputs)]
    Path(output).write_text("\\n".join(lines))
    with open("ran.txt", "a") as ran:
        print(Path(output).name, file=ran)
"""


def call(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=HANGS,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted((folder / "results").rglob("*"))
        if path.is_file() and not {"logs", "benchmarks"} & set(path.parts)
    }


def ran(folder: Path) -> set[str]:
    """Return what jobs have made since this was last called."""
    path = folder / "ran.txt"
    made = set(path.read_text().split()) if path.exists() else set()
    path.unlink(missing_ok=True)
    return made


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A folder in which two configurations were run, the second one last."""
    folder = tmp_path_factory.mktemp("finished")
    make_project(folder, WORKFLOW)
    (folder / "write.py").write_text(WRITE)
    (folder / "mine.yaml").write_text(CONFIGURATION + "seed: 5\n")
    (folder / "other.yaml").write_text(CONFIGURATION + "seed: 4\n")
    for config in ("other.yaml", "mine.yaml"):
        done = call(folder, "run", config, "--cores", "1")
        assert done.returncode == 0, done.stderr
    ran(folder)
    return folder


@pytest.fixture
def folder(finished, tmp_path) -> Path:
    return shutil.copytree(finished, tmp_path / "copy", symlinks=True)


def test_what_plain_snakemake_keeps_as_done_is_found_and_made_again(folder):
    """An empty result, and an intermediate one that was deleted, here and in other results."""
    before = contents(folder)
    for path in ("b/part_x.txt", "a/part_y.txt"):
        (folder / "results" / path).unlink()
    (folder / "results/b/last.txt").write_bytes(b"")
    done = call(folder, "run", "mine.yaml", "--cores", "1")
    assert (done.returncode, ran(folder)) == (0, set()), "Snakemake keeps it as done"

    done = call(folder, "verify", "mine.yaml")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "  problem  rule  file",
        "  damaged  last  results/b/last.txt",
        "  missing  part  results/b/part_x.txt",
        "Not counted: 2 missing results of other configurations, such as a/part_y.txt.",
        "Results in results that differ from their checksums: 2.",
        "To recompute them, run neuro-attn run --verify mine.yaml",
    ]
    done = call(folder, "run", "mine.yaml", "--verify", "--cores", "1")
    assert done.returncode == 0, done.stderr
    assert "neuro-attn: recomputing 2 results:\n" in done.stdout
    assert ran(folder) == {"part_x.txt", "last.txt", "passing.txt"}
    del before["results/a/part_y.txt"]
    assert contents(folder) == before
    assert call(folder, "verify", "mine.yaml").returncode == 0


def test_a_damaged_checkpoint_is_made_again_with_all_that_depends_on_it(folder):
    """Its content decides what is planned; a record is damaged, and another one is lost, too."""
    before = contents(folder)
    (folder / "results/b/listed.txt").write_text("")
    (folder / "results/b/part_y.txt").write_text("wrong")
    (folder / "results/checksums/part/b/x.json").write_text("{}")
    (folder / "results/checksums/last/b.json").unlink()
    done = call(folder, "run", "mine.yaml", "--verify", "--cores", "1")
    assert done.returncode == 0, done.stderr
    assert contents(folder) == before
    assert ran(folder) == {"listed.txt", "part_x.txt", "part_y.txt", "last.txt", "passing.txt"}


def test_a_run_that_cannot_be_planned_does_not_hinder_verifying(folder):
    (folder / "Snakefile").write_text("raise ValueError('no data here')\n" + WORKFLOW)
    (folder / "results/a/part_x.txt").unlink()
    done = call(folder, "verify", "mine.yaml")
    assert done.returncode == 1
    assert "the run cannot be planned, so all records count" in done.stdout
    assert "  missing  part     results/a/part_x.txt" in done.stdout

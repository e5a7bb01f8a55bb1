"""Runs that meet hostile configurations, folders that cannot be written, or a full disk."""

import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from benchmarks import kills
from tests.onboarding.conftest import spike_trains, write_nwb
from tests.workflow.conftest import NETWORKS, SMALL, Project

CANARY = "canary"
TINY = {
    **SMALL,
    "datasets": {
        "small": {
            **SMALL["datasets"]["small"],
            "decoding": {"population": "pseudopopulation", "unit_counts": [5]},
        }
    },
    "decoding": {"draws": 1},
    "inference": {"permutations": 9, "bootstraps": 20},
}


@pytest.fixture(scope="module")
def project(new_project) -> Project:
    """A project that no run changes: all are refused."""
    return new_project()


def refused(done: subprocess.CompletedProcess) -> str:
    """Return the one message of a run that failed."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    (message,) = done.stderr.strip().splitlines()
    assert message.startswith("neuro-attn: error: ")
    return message


@pytest.mark.parametrize("command", ["run", "report"])
def test_a_configuration_that_is_a_template_is_not_run(project, command):
    template = f"__use_yte__: true\n?open('{CANARY}', 'w').name: 1\n"
    (project.folder / "template.yaml").write_text(template)
    message = refused(project.run(command, "template.yaml", check=False))
    assert "template.yaml, line 1: the key __use_yte__ makes the file a template" in message
    assert not (project.folder / CANARY).exists()
    assert not (project.folder / "results").exists()


def test_a_default_configuration_that_is_a_template_is_not_run_by_snakemake(project):
    (project.folder / "config").mkdir()
    template = f"__use_yte__: true\n?open('{CANARY}', 'w').name: 1\n"
    (project.folder / "config/config.yaml").write_text(template)
    done = project.snakemake("--cores", "1", check=False)
    assert done.returncode == 1
    assert "the key __use_yte__ makes the file a template" in done.stdout + done.stderr
    assert not (project.folder / CANARY).exists()


def test_another_configuration_does_not_slip_past(project):
    config = project.write_config(TINY)
    done = project.run("run", config, "--", "--configfile", "template.yaml", check=False)
    assert "--configfile: cannot be passed to Snakemake. Give the configuration as" in refused(done)


def test_a_results_folder_that_cannot_be_made_is_named(project):
    (project.folder / "results").write_text("in the way")
    message = refused(project.run("run", project.write_config(TINY), check=False))
    assert "results: is a file; results are written to a folder of this name." in message
    assert (project.folder / "results").read_text() == "in the way"
    (project.folder / "results").unlink()


def test_a_second_run_in_a_folder_waits_for_nobody(project):
    import fcntl

    (project.folder / ".snakemake").mkdir(exist_ok=True)
    with open(project.folder / ".snakemake/neuro-attn.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = project.run("run", project.write_config(TINY), check=False)
    assert "another run of neuro-attn is in progress here" in refused(done)


FILLED = """
import resource, sys
from neuro_attn import files, recording
import numpy as np, xarray as xr
from neuro_attn.errors import report_user_errors
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
with report_user_errors("log"):
    if sys.argv[1] == "nc":
        values = np.random.default_rng(0).random((300, 100))
        recording.save(xr.Dataset({"a": (("x", "y"), values)}), "results/whole.nc")
    else:
        files.write_text("x" * 30_000, "results/whole.csv")
"""


@pytest.mark.parametrize("kind", ["nc", "csv"])
def test_where_no_space_is_left_one_message_says_so_and_nothing_stays(tmp_path, kind):
    """The system's limit on the size of a file stands for the end of the disk."""
    done = subprocess.run(
        [sys.executable, "-c", FILLED, kind], cwd=tmp_path, capture_output=True, text=True
    )
    message = refused(done)
    assert f"results/whole.{kind}: no space is left on the disk. Free some space" in message
    assert list((tmp_path / "results").iterdir()) == []
    assert (tmp_path / "log").read_text() == done.stderr


# More than the rules need, which Snakemake copies, and less than the results.
RUN_ON_A_FULL_DISK = """
import resource, runpy
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
runpy.run_module("neuro_attn.command_line", run_name="__main__", alter_sys=True)
"""


def test_a_run_is_told_that_no_space_is_left(new_project):
    project = new_project()
    config = project.write_config(TINY)
    done = subprocess.run(
        [sys.executable, "-c", RUN_ON_A_FULL_DISK, "run", config],
        cwd=project.folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    assert "no space is left" in done.stderr
    assert not list((project.folder / "results").rglob(".*"))


@pytest.mark.slow
def test_odd_names_run_to_the_end_and_no_command_in_them_is_run(new_project):
    """Sessions and regions are named after commands, in a folder with a space."""
    project = new_project()
    folder = project.folder / "my data"
    folder.mkdir()
    for number in (1, 2):
        name = f"$(touch {CANARY}) ; 'é' {number}.nwb"
        regions = ["../V4 / 2", f"`touch {CANARY}`"] * 4
        write_nwb(folder / name, trains=spike_trains(8, session=name), regions=regions)
    keys = {
        "source": "nwb",
        "files": "*.nwb",
        "label": "side",
        "tasks": {
            r: {"trials": f"rule == '{r}'", "align": "stimulus"} for r in ("visual", "auditory")
        },
        "time": {"start": 0.0, "stop": 0.4, "bin": 0.2},
        "windows": {"all": [0.0, 0.4]},
        "decoding": {"population": "pseudopopulation", "draws": 1, "unit_counts": [2]},
    }
    quick = {"permutations": 9, "bootstraps": 20}
    config = project.write_config(
        {"datasets": {"Ü b+c": keys}, "inference": quick}, "my config.yaml"
    )
    targets = ("results/Ü b+c/summary.csv", "results/tables/summary-Ü b+c.html")
    project.run("run", config, "--data", "my data", "--cores", "2", "--", *targets)
    assert all((project.folder / target).is_file() for target in targets)
    decoded = {path.name for path in (project.folder / "results/Ü b+c/decoding").iterdir()}
    assert decoded == {"%2E.%2FV4%20%2F%202.nc", f"%60touch%20{CANARY}%60.nc"}
    assert not list(project.folder.rglob(CANARY))


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again_ends_in_the_same_bytes(tmp_path):
    """Three kills at random moments; `python -m benchmarks.kills` does fifty, with networks."""
    targets = ("results/small/summary.csv",)
    calm = kills.project(tmp_path / "calm")
    start = time.perf_counter()
    kills.run(calm, targets)
    expected = kills.results(calm)
    assert set(targets) <= expected.keys()
    stopped, _ = kills.kill_and_restart(
        kills.project(tmp_path / "killed"),
        kills=[signal.SIGKILL, signal.SIGTERM, signal.SIGINT],
        longest=(time.perf_counter() - start) / 2,
        rng=np.random.default_rng(),
        at_end=lambda folder: kills.compare(expected, folder),
        arguments=targets,
    )
    assert len(stopped) == 3


@pytest.mark.slow
def test_a_training_that_is_killed_goes_on_from_its_checkpoint_to_the_same_bytes(new_project):
    project = new_project()
    slow = {"family": "relu-rnn", "steps": 400, "hidden": 4, "batch": 4, "test_trials": 40}
    keys = {**TINY, **NETWORKS, "networks": {"slow": {**slow, "seeds": 1}}}
    config, target = project.write_config(keys), "results/networks/slow/seed0/weights.npz"
    run = ("run", config, "--", target)
    made = (project.folder / target).parent
    checkpoint = made / ".checkpoint.npz"
    log = project.folder / "results/logs/train/slow.log"
    killed = subprocess.Popen(
        [sys.executable, "-m", "neuro_attn.command_line", *run],
        cwd=project.folder,
        stdout=subprocess.DEVNULL,
    )
    while not checkpoint.exists() and killed.poll() is None:
        time.sleep(0.005)
    assert killed.poll() is None, "the run ended before it could be killed"
    kills.kill(project.folder, killed)
    with np.load(checkpoint) as file:
        step = int(file["leaf0"])
    assert 0 < step < slow["steps"]
    assert not (made / "weights.npz").exists()

    project.run(*run)
    assert f"resumes at step {step} of {slow['steps']}" in log.read_text()
    resumed = kills.results(project.folder)
    assert {path.name for path in made.iterdir()} == {"training.csv", "weights.npz"}
    shutil.rmtree(project.folder / "results")
    project.snakemake("--cores", "1", target, "--configfile", config)
    assert "goes on" not in log.read_text()
    kills.compare(resumed, project.folder)

"""A wheel in a fresh environment: the commands of a first day, in a folder of other work."""

import os
import re
import subprocess
import sys
import venv
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from neuro_attn.results import read_csv
from tests import commands
from tests.wheels import ROOT, build
from tests.workflow.conftest import NETWORKS, WITHOUT_NETWORKS, Project
from tests.workflow.test_smallest_run import SMALLEST, recording


@dataclass(frozen=True)
class Installation:
    """An environment with the package, which the user of a command cannot change."""

    folder: Path

    def run(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess:
        """Run `neuro-attn` in a folder; it finds no other copy of the package."""
        left_out = ("PYTHONPATH", "NEURO_ATTN_DATA", "NUMBA_CACHE_DIR")
        environment = {k: v for k, v in os.environ.items() if k not in left_out}
        environment |= {"HOME": str(folder), "USER": "nobody"}
        return subprocess.run(
            [*commands.as_nobody(folder), str(self.folder / "bin/neuro-attn"), *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            env=environment,
            timeout=commands.HANGS,
        )

    def contents(self) -> dict[str, tuple[int, int]]:
        """Return the size and time of all files."""
        paths = [path for path in self.folder.rglob("*") if path.is_file()]
        return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in paths}


@pytest.fixture(scope="module")
def installation(tmp_path_factory) -> Installation:
    """The wheel in a new environment, beside the dependencies of this one, but no networks."""
    wheel = build("build_wheel", tmp_path_factory.mktemp("wheel"))
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    command = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "install"]
    command += ["--quiet", "--no-deps", "--no-index", "--ignore-installed", str(wheel)]
    subprocess.run(command, check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    beside = Path(find_spec("snakemake").origin).parents[1]
    (packages / "beside.pth").write_text(f"{beside}\n")
    # Python itself may have a `sitecustomize`, as Debian's has.
    (packages / "without_networks.py").write_text(WITHOUT_NETWORKS)
    (packages / "without_networks.pth").write_text("import without_networks\n")
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)
    return Installation(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder of other work, with a recording, and a workflow and modules that stop a run."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "data").mkdir()
    recording(folder / "data/2024.nc")
    (folder / "Snakefile").write_text("raise ValueError('another workflow')\n")
    (folder / "random.py").write_text("raise ValueError('another module')\n")
    return folder


@pytest.mark.slow
def test_the_commands_of_a_first_day_work_in_any_folder(installation, folder):
    before = installation.contents()
    options = ("--label", "side", "--task", "all=task == 'all'", "--window", "late=0.2:0.4")

    def succeeds(*arguments: str) -> str:
        done = installation.run(folder, *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "side" in succeeds("inspect", "data/2024.nc")
    written = succeeds("init", "data/2024.nc", "-o", "mine.yaml", "--quick", *options)
    assert written.endswith("Next: neuro-attn report mine.yaml\n")
    assert "No problems in mine.yaml" in succeeds("check", "mine.yaml")
    # The smallest allowed run takes the least time.
    smallest = Project(folder).write_config(SMALLEST, "smallest.yaml")
    assert "rule recordings_mine:" in succeeds("run", smallest, "--", "-n")
    out = succeeds("report", smallest, "--cores", "2")

    results = folder / "results"
    assert "neuro-attn: the answer is in results/index.html" in out
    assert "cannot be written to; .snakemake/numba is used instead" in out
    assert (results / "report.html").stat().st_size > 100_000
    assert (read_csv(results / "mine/summary.csv")["accuracy"] > 0.9).all()
    # The first page, and the caption of a figure.
    report = (results / "report.html").read_text()
    assert "Does a population use the same code in two tasks?" in report
    assert "Cross-temporal" in report
    assert succeeds("verify", smallest)
    assert "ran again" not in succeeds("run", smallest, "--cores", "2")
    # All is in this folder, and nothing names the repository.
    assert installation.contents() == before
    logs = "".join(path.read_text() for path in (results / "logs").rglob("*.log"))
    assert str(installation.folder) in logs
    assert str(ROOT / "neuro_attn") not in logs
    assert str(ROOT / "workflow") not in logs


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["check", "networks.yaml"], ["report"]])
def test_a_configuration_with_networks_names_the_extra(arguments, installation, folder):
    keys = {key: NETWORKS[key] for key in ("networks", "network_analysis")}
    Project(folder).write_config({**SMALLEST, **keys}, "networks.yaml")
    done = installation.run(folder, *arguments)
    assert done.returncode == 1
    (message,) = done.stderr.splitlines()
    assert re.match(r"neuro-attn: error: (networks|.*/config/config)\.yaml, line \d+, ", message)
    assert "networks: the extra networks of neuro-attn is not installed" in message
    assert "missing: jax, equinox, optax. Run pip install 'neuro-attn[networks]'" in message

"""The example of a source in docs/adding.md works in inspect, init, check and a run."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import neuro_attn
from tests import formats

ROOT = Path(__file__).parents[2]
PACKAGE = Path(neuro_attn.__file__).parent
RUN = """
import json, sys
from neuro_attn import configuration, sources
from neuro_attn.command_line import main

codes = [
    main(["inspect", "data"]),
    main(["init", "data", "--output", "mine.yaml", "--label", "side", "--align", "cue",
          "--task", "pro=order == 'pro'", "--task", "retro=order == 'retro'",
          "--start", "0", "--stop", "0.4", "--bin", "0.1"]),
    main(["check", "mine.yaml"]),
]
dataset = configuration.load("mine.yaml").datasets["mine"]
made = sources.read("mine", dataset, "data", 0)
outlines = list(sources.outlines("mine", dataset, "data", 0))
print(json.dumps({
    "codes": codes,
    "source": dataset.source,
    "files": sources.input_files("mine", dataset, "data"),
    "rates": [each["rates"].values.tolist() for each in made],
    "counts": [int(each["spikes_per_unit"].sum()) for each in outlines],
}))
"""


@pytest.fixture
def package(tmp_path):
    """A copy of the package with the two modules of the documentation."""
    page = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
    blocks = re.findall(
        r"^`neuro_attn/([\w/]+/npz\.py)`:\n\n```python\n(.*?)^```", page, re.S | re.M
    )
    assert len(blocks) == 2
    copy = tmp_path / "package" / PACKAGE.name
    for path in PACKAGE.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            there = copy / path.relative_to(PACKAGE)
            there.parent.mkdir(parents=True, exist_ok=True)
            there.symlink_to(path)
    for name, text in blocks:
        (copy / name).write_text(text, encoding="utf-8")
    return copy.parent


def in_package(package: Path, folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(package)!r})\n{code}"],
        cwd=folder,
        capture_output=True,
        text=True,
    )


def test_two_modules_are_a_source(package, tmp_path):
    """What is documented is all that has to be written, but for a test and an example."""
    session = formats.planted(n_trials=40, n_units=4)
    units = np.repeat(np.arange(4), list(map(len, session.spike_times)))
    trials = {f"trials.{name}": np.array(each.tolist()) for name, each in session.trials.items()}
    (tmp_path / "data").mkdir()
    np.savez(
        tmp_path / "data" / "monday.npz",
        times=np.concatenate(session.spike_times),
        unit=units,
        region=np.array(session.regions),
        **trials,
    )
    done = in_package(package, tmp_path, RUN)
    assert done.returncode == 0, done.stderr
    *shown, last = done.stdout.splitlines()
    found = json.loads(last)
    assert found["codes"] == [0, 0, 0], done.stdout
    assert found["source"] == "npz"
    assert any(line.startswith("NPZ: 1 file") for line in shown)
    assert found["files"] == ["data/monday.npz"]
    expected = formats.rates_of(session)
    np.testing.assert_allclose(found["rates"], [expected], atol=1e-3)
    assert found["counts"] == [round(expected.sum() * formats.BIN)]


def test_a_misspelt_source_is_suggested_and_a_damaged_file_is_one_message(package, tmp_path):
    (tmp_path / "damaged.npz").write_bytes(b"no archive")
    code = """
from neuro_attn.command_line import main
from neuro_attn.configuration import parse
from neuro_attn.errors import InputError

try:
    parse({"datasets": {"mine": {"source": "savez"}}})
except InputError as error:
    print(error)
main(["inspect", "damaged.npz"])
"""
    done = in_package(package, tmp_path, code)
    assert re.search(r"mine\.source: must be .*\bnpz\b.* \(given: 'savez'\)", done.stdout)
    assert "Did you mean npz?" in done.stdout
    assert "neuro-attn: error: damaged.npz: is not a readable NPZ file" in done.stderr
    assert "Traceback" not in done.stderr

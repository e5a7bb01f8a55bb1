"""Wheels of the project, built as pip builds them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
_BUILD = """
import sys
sys.path.insert(0, "tools")
import build_backend
print(getattr(build_backend, sys.argv[1])(sys.argv[2]))
"""


def build(kind: str, target: Path, source: Path = ROOT) -> Path:
    """Call a hook of the build backend, such as build_wheel; return the file that it writes."""
    done = subprocess.run(
        [sys.executable, "-c", _BUILD, kind, str(target)],
        cwd=source,
        capture_output=True,
        text=True,
        check=True,
    )
    return target / done.stdout.split()[-1]

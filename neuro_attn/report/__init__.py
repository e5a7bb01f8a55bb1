"""The answer page and Snakemake's report, the last outputs of a run."""

import hashlib
from pathlib import Path

PAGE = Path(__file__).parent / "page"
"""Template, style and scripts of the answer page. `sortable`, by Jonas Earendel, sorts tables."""


def page_digest() -> str:
    """Return a digest of the files in `PAGE`, so that the page is written again after an edit."""
    contents = [path.read_bytes() for path in sorted(PAGE.iterdir())]
    return hashlib.sha256(b"".join(contents)).hexdigest()

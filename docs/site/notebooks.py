"""Pages whose blocks run in Python can be downloaded as notebooks, with their outputs.

The outputs are those that the pages show. Tests run every block and compare
(tests/test_documentation.py), so a notebook contains what its cells print.
"""

import json
import re
from doctest import DocTestParser, Example
from pathlib import PurePosixPath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

PAGES = ("arrays.md", "nwb_in_python.md", "replot.md")
BLOCK = re.compile(r"^```pycon\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[([^\]]+)\]\((?!\w+:)[^)]+\)")
FORMAT = {"nbformat": 4, "nbformat_minor": 5}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the notebook of each page."""
    for page in PAGES:
        source = files.get_file_from_path(page)
        assert source is not None
        text = json.dumps(notebook(source.content_string), indent=1, ensure_ascii=False)
        files.append(File.generated(config, name_of(page), content=text + "\n"))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Link to the notebook below the title of a page."""
    if page.file.src_uri not in PAGES:
        return markdown
    title, rest = markdown.split("\n", 1)
    name = name_of(page.file.src_uri)
    return f"{title}\n\n[Download as a notebook]({name}){{ download }}\n{rest}"


def name_of(page: str) -> str:
    """Return the file of a page's notebook."""
    return str(PurePosixPath(page).with_suffix(".ipynb"))


def notebook(markdown: str) -> dict[str, Any]:
    """Return a page as a notebook: text, code and its output."""
    cells: list[dict[str, Any]] = []
    # Text and blocks alternate.
    for number, part in enumerate(BLOCK.split(markdown)):
        if number % 2:
            cells += code_cells(DocTestParser().get_examples(part))
        elif part.strip():
            # The pages to which links lead are not beside a notebook.
            text = LINK.sub(r"\1", part.strip())
            cells.append({"cell_type": "markdown", "metadata": {}, "source": text})
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    return {"cells": cells, "metadata": {"kernelspec": KERNEL}, **FORMAT}


def code_cells(examples: list[Example]) -> list[dict[str, Any]]:
    """Return the cells of a block: a cell ends where something is shown."""
    cells: list[dict[str, Any]] = []
    source = ""
    for number, example in enumerate(examples):
        source += example.source
        if example.want or number == len(examples) - 1:
            shown = {"output_type": "stream", "name": "stdout", "text": example.want}
            cells.append(
                {
                    "cell_type": "code",
                    "execution_count": None,
                    "metadata": {},
                    "outputs": [shown] if example.want else [],
                    "source": source.rstrip("\n"),
                }
            )
            source = ""
    return cells

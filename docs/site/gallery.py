"""The gallery: every figure of a report, with the function that draws it, made from its module."""

import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path, PurePosixPath

from markdown.extensions.toc import slugify
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from neuro_attn.figures.specification import FIGURES, Specification
from neuro_attn.results.sections import SECTIONS

DOCS = Path(__file__).resolve().parents[1]
INTRODUCTION = """# Gallery

Every figure of a report, by section, with the function that draws it from tables or arrays in
`results/`. Its title leads to how to read it. `draw` returns a new figure, or draws into `ax`: your
figure, subfigure or, for one panel, axes. `draw_panel` draws one panel without a legend.
[`select`](paper_figures.md#results-of-a-run) chooses regions and tasks. The pictures are from the
default run. [Replot and extend](replot.md) has examples.

"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page."""
    files.append(File.generated(config, "gallery.md", content=page()))
    return files


def page() -> str:
    """Return the Markdown of the page."""
    parts = [INTRODUCTION]
    for section in SECTIONS:
        figures = [each for each in FIGURES.values() if each.section == section]
        if figures:
            parts.append(f"## {section}\n")
            parts += [entry(figure) for figure in figures]
    return "\n".join(parts)


def entry(figure: Specification) -> str:
    """Return the title, picture, functions and inputs of a figure."""
    address = f"figures.md#{anchors()[figure.name]}"
    lines = [f"### [{figure.title}]({address})", ""]
    if (DOCS / f"figures/{figure.name}.png").exists():
        lines += [f"[![{figure.title}](figures/{figure.name}.png){{ width=480 }}]({address})", ""]
    module = import_module(f"neuro_attn.figures.{figure.name}")
    files = ", ".join(f"`{PurePosixPath(file).name}`" for file in figure.needs)
    drawn_from = f"Drawn from {files}." if files else "Drawn from the configuration."
    lines += [drawn_from, "", "```python", f"from neuro_attn.figures import {figure.name}", ""]
    lines += [*calls(figure.name, module), "```", ""]
    return "\n".join(lines)


def calls(name: str, module: object) -> Iterator[str]:
    """Yield how the functions of a figure are called, with their defaults."""
    for function in ("draw", "draw_panel"):
        if found := getattr(module, function, None):
            parameters = [
                parameter.replace(annotation=parameter.empty)
                for parameter in inspect.signature(found).parameters.values()
            ]
            yield f"{name}.{function}{inspect.Signature(parameters)}"


def anchors() -> dict[str, str]:
    """Return the section of docs/figures.md that explains each figure."""
    text = (DOCS / "figures.md").read_text(encoding="utf-8")
    return {
        name.split("-")[0]: slugify(section.splitlines()[0], "-")
        for section in re.split(r"^## ", text, flags=re.MULTILINE)
        for name in re.findall(r"^`([\w{}-]+)`", section, re.MULTILINE)
    }

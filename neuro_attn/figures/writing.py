"""The files of a figure: PNG, SVG and the same result in words."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from neuro_attn.figures import style
from neuro_attn.files import write_text


def write(figure: Figure, text: str, paths: Mapping[str, str], note: str = "") -> None:
    """Write a figure and its words.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        What a `draw` function returned.
    text : str
        What it shows, in reStructuredText.
    paths : mapping of str to str
        ``png`` and ``svg`` and, where the text is written, ``words``.
    note : str
        Stands above the figure and before the text, such as what `significance.first_look` returns.
    """
    for kind in ("png", "svg"):
        style.save(figure, paths[kind], note)
    if "words" in paths.keys():  # noqa: SIM118, as outputs of Snakemake are lists with keys
        write_text(f"**{note.capitalize()}.**\n\n{text}" if note else text, paths["words"])

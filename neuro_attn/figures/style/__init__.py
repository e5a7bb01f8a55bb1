"""Style of all figures: sizes, colours, order of regions, panels and reproducible files.

Figures are designed for print, with the column widths of a journal, text of 5.5 to 7 points and
colours that colour-blind readers can distinguish. We use the font that is included in matplotlib,
so that the same data yield the same bytes on every machine.
"""

from neuro_attn.figures.region_order import ordered
from neuro_attn.figures.style.accuracy import (
    accuracy_bar,
    chance_line,
    chance_norm,
    proportion_ticks,
)
from neuro_attn.figures.style.canvas import Canvas, Target, blank, drawing, style_of
from neuro_attn.figures.style.constants import (
    ACCENT,
    CAUTION,
    DASH,
    DIVERGING,
    DIVERGING_ERRORS,
    DOUBLE,
    GREY,
    INK,
    LINE,
    MARKERS,
    MIDDLE,
    MINUS,
    NOTE,
    PALE,
    REGION_PALETTE,
    SEQUENTIAL,
    SINGLE,
    SMALL,
    TASK_PALETTE,
    TEXT,
    TIMES,
)
from neuro_attn.figures.style.line_labels import (
    end_labels,
    spread,
)
from neuro_attn.figures.style.numbers import (
    count,
    proportion,
)
from neuro_attn.figures.style.page import (
    journal_style,
    new_figure,
    save,
    width_for,
)
from neuro_attn.figures.style.panels import (
    is_leftmost,
    is_lowest,
    n_columns,
    outer_labels,
    panel_title,
    region_panels,
    row_height,
    row_labels,
)
from neuro_attn.figures.style.regions import (
    across_sessions,
    region_looks,
    task_colors,
)
from neuro_attn.figures.style.sizes import ink, paper, size

__all__ = [
    "ACCENT",
    "CAUTION",
    "DASH",
    "DIVERGING",
    "DIVERGING_ERRORS",
    "DOUBLE",
    "GREY",
    "INK",
    "LINE",
    "MARKERS",
    "MIDDLE",
    "MINUS",
    "NOTE",
    "PALE",
    "REGION_PALETTE",
    "SEQUENTIAL",
    "SINGLE",
    "SMALL",
    "TASK_PALETTE",
    "TEXT",
    "TIMES",
    "Canvas",
    "Target",
    "accuracy_bar",
    "across_sessions",
    "blank",
    "chance_line",
    "chance_norm",
    "count",
    "drawing",
    "end_labels",
    "ink",
    "is_leftmost",
    "is_lowest",
    "journal_style",
    "n_columns",
    "new_figure",
    "ordered",
    "outer_labels",
    "panel_title",
    "paper",
    "proportion",
    "proportion_ticks",
    "region_looks",
    "region_panels",
    "row_height",
    "row_labels",
    "save",
    "size",
    "spread",
    "style_of",
    "task_colors",
    "width_for",
]

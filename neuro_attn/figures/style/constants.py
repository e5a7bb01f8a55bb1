"""Sizes, colours, markers and characters of all figures."""

SINGLE, MIDDLE, DOUBLE = 89.0, 120.0, 183.0
"""Widths of one, one and a half and two columns of a journal, mm."""

TEXT, SMALL, NOTE = 7.0, 6.0, 5.5
"""Font sizes of labels, of tick labels and legends, and of notes in a panel, points."""

INK, GREY, PALE = "#222222", "#767676", "#D9D9D9"
"""Colours of text and outlines, of chance and other references, and of ranges and background."""

ACCENT = "#CC3311"
"""Colour of what the question asks for, beside dark references (vermilion of Paul Tol, 2021)."""

CAUTION = "#FBE9C6"
"""Background colour of cautions."""

REGION_PALETTE = (
    "#0072B2",  # blue
    "#D55E00",  # vermilion
    "#009E73",  # bluish green
    "#CC79A7",  # reddish purple
    "#E69F00",  # orange
    "#56B4E9",  # sky blue
    "#000000",  # black
)
"""Palette of Okabe & Ito (2008) without yellow, which is too pale for lines on white."""

MARKERS = ("o", "s", "^")
"""Markers of regions; with more regions than colours, colours repeat with the next marker."""

TASK_PALETTE = ("#332288", "#CC6677", "#44AA99", "#999933", "#88CCEE")
"""Five of Paul Tol's muted colours (2021); a task has the same colour in all figures."""

LINE = 22
"""Number of characters after which names of regions and networks are wrapped."""

MINUS, DASH, TIMES = "\N{MINUS SIGN}", "\N{EN DASH}", "\N{MULTIPLICATION SIGN}"

SEQUENTIAL, DIVERGING, DIVERGING_ERRORS = "Blues", "RdBu_r", "RdBu"
"""Colour maps for non-negative values, for values centred on chance, and for errors, of which small
ones have the colours of high accuracies."""

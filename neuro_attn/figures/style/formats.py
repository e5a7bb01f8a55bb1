"""Formats of figures: PNG, SVG and PDF, with reproducible bytes and text that stays text."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from fontTools import subset
from fontTools.ttLib import TTFont
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from PIL import Image

from neuro_attn.escaping import printable

DPI = 300
"""Resolution of PNG files, and of heat maps in SVG and PDF files."""
LAYOUT_TABLES = ("GDEF", "GPOS", "GSUB", "MATH", "kern", "hdmx", "VDMX")
"""Tables of a font that place glyphs. In a PDF they are placed already, and reading is slow."""


def write(figure: Figure, path: str | Path, kind: str, box: Bbox | None) -> None:
    """Write a figure whose layout is fixed, as ``png``, ``svg`` or ``pdf``; `box` is in inches."""
    canvas, dpi = figure.canvas, figure.dpi
    try:
        figure.dpi = DPI
        _WRITERS[kind](figure, path, box)
    finally:
        # An SVG or PDF has 72 dots per inch, which must not be the next file's.
        figure.set_canvas(canvas)
        figure.dpi = dpi


def _write_png(figure: Figure, path: str | Path, box: Bbox | None) -> None:
    # Figures have a white background, so a channel of transparency would only take space. Neither
    # does anyone see the two lowest bits of a colour (at most 3 of 255), a fifth of the size.
    colors = _pixels(figure, box)[..., :3]
    Path(path).write_bytes(encoded_png(colors & 0xFC | colors >> 6))


def encoded_png(colors: np.ndarray) -> bytes:
    """Return an image (row, column, red green blue), of whole numbers to 255, as a PNG file.

    Rows are compressed as they are. The filters that other programs apply first are for
    photographs: they make lines, text and flat colours a fifth larger. An image with at most 256
    colours has a palette. No colour changes.
    """
    height, width, _ = colors.shape
    packed = colors.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    palette, indices = np.unique(packed, return_inverse=True)
    has_palette = len(palette) <= 256
    rows = indices.astype(np.uint8) if has_palette else colors
    # Each row begins with the number of its filter, 0 for none.
    rows = np.pad(rows.reshape(height, -1), ((0, 0), (1, 0)))
    of_palette = palette.astype(">u4").view(np.uint8).reshape(-1, 4)[:, 1:].tobytes()
    per_metre = round(DPI / 0.0254)
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 3 if has_palette else 2, 0, 0, 0),
        b"pHYs": struct.pack(">IIB", per_metre, per_metre, 1),
        b"PLTE": of_palette if has_palette else b"",
        b"IDAT": zlib.compress(rows.tobytes(), 9),
    }
    kept = [(name, content) for name, content in chunks.items() if content]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in (*kept, (b"IEND", b"")))


def _chunk(name: bytes, content: bytes) -> bytes:
    """Return a part of a PNG file: its length, name, content and checksum."""
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


def _pixels(figure: Figure, box: Bbox | None) -> np.ndarray:
    """Return the colours of a figure (row, column, channel), with a channel of transparency."""
    if box is None:
        # `Figure.savefig` would draw the figure once more for its layout.
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())
    whole = BytesIO()
    figure.savefig(whole, dpi=DPI, bbox_inches=box, pil_kwargs={"compress_level": 0})
    with Image.open(whole) as image:
        return np.asarray(image)


def _write_svg(figure: Figure, path: str | Path, box: Bbox | None) -> None:
    metadata = {"Date": None}
    if box is None:
        FigureCanvasSVG(figure).print_svg(path, metadata=metadata)
    else:
        figure.savefig(path, format="svg", dpi=DPI, metadata=metadata, bbox_inches=box)
    # XML does not allow all control characters.
    text = Path(path).read_text(encoding="utf-8")
    if any(not character.isprintable() for character in set(text) - {"\n"}):
        Path(path).write_text(printable(text, keep="\n"), encoding="utf-8")


def _write_pdf(figure: Figure, path: str | Path, box: Bbox | None) -> None:
    metadata = {"CreationDate": None}
    with _fonts_without_layout():
        if box is None:
            FigureCanvasPdf(figure).print_pdf(path, metadata=metadata)
        else:
            figure.savefig(path, format="pdf", dpi=DPI, metadata=metadata, bbox_inches=box)


_WRITERS = {"png": _write_png, "svg": _write_svg, "pdf": _write_pdf}


@contextmanager
def _fonts_without_layout() -> Iterator[None]:
    """Let matplotlib embed fonts without their layout tables, which halves the time of a PDF."""
    load = subset.load_font

    def load_without(*args: Any, **kwargs: Any) -> TTFont:
        font = load(*args, **kwargs)
        for table in LAYOUT_TABLES:
            if table in font:
                del font[table]
        return font

    subset.load_font = load_without
    try:
        yield
    finally:
        subset.load_font = load

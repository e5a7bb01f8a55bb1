"""Figures are the same bytes every time, and everyone can tell their colours apart."""

import itertools
import re
import subprocess
import sys
from io import BytesIO

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.image import imread
from PIL import Image

from neuro_attn.configuration.experiment import NetworkTiming
from neuro_attn.errors import InputError
from neuro_attn.figures import (
    attention,
    color_planes,
    cross_temporal,
    decoding_over_time,
    geometry,
    geometry_over_time,
    learning,
    onsets,
    signature_distances,
    signatures,
    style,
    timeline,
    transfer_matrix,
    transfer_over_time,
    trial_counts,
    unit_counts,
)
from neuro_attn.figures.specification import FORMATS
from neuro_attn.figures.style.formats import encoded_png
from tests.durations import FIXED

FIXED_TIMING = NetworkTiming(**FIXED)

DEUTERANOPIA = np.array(
    [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]
)
PROTANOPIA = np.array(
    [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]
)
"""Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB."""


@pytest.mark.parametrize("palette", [style.REGION_PALETTE, style.TASK_PALETTE])
@pytest.mark.parametrize("simulation", [np.eye(3), DEUTERANOPIA, PROTANOPIA])
def test_colour_blind_readers_tell_any_two_colours_apart(palette, simulation, lab):
    labs = [lab(color, simulation) for color in palette]
    distances = [np.linalg.norm(one - other) for one, other in itertools.combinations(labs, 2)]
    assert min(distances) > 10  # CIE76; about 2.3 is just noticeable side by side


def test_colours_stay_readable_on_white(lab):
    for color in (*style.REGION_PALETTE, *style.TASK_PALETTE):
        assert lab(color)[0] < 80


def test_a_region_beyond_the_palette_gets_its_own_marker():
    looks = style.region_looks([f"r{i}" for i in range(15)])
    assert len(set(looks.values())) == 15


def test_known_regions_stand_from_front_to_back():
    assert style.ordered(["V4", "zzz", "LPFC", "parietal", "V4", "aaa"]) == [
        "LPFC",
        "parietal",
        "V4",
        "zzz",
        "aaa",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, "0.50"),
        (1.0, "1.00"),
        (-0.014, "\N{MINUS SIGN}0.01"),
        (-0.004, "0.00"),
        (1 / 7, "0.14"),
        (np.nan, "\N{EN DASH}"),
        (-1.2, "\N{MINUS SIGN}1.20"),
    ],
)
def test_proportions_have_two_decimals_and_no_minus_before_a_zero(value, text):
    assert style.proportion(value) == text


def test_counts_are_written_as_words():
    assert style.count([1], "unit") == "1 unit"
    assert style.count([40.0, 40.0], "unit") == "40 units"
    assert style.count([60, 40, np.nan], "unit") == "40\N{EN DASH}60 units"
    assert style.count([np.nan], "unit") == "? units"


def test_labels_are_spread_no_further_than_they_must():
    np.testing.assert_allclose(style.spread(np.array([0.1, 0.9]), 0.2), [0.1, 0.9])
    np.testing.assert_allclose(style.spread(np.array([0.5, 0.5]), 0.2), [0.4, 0.6])
    np.testing.assert_allclose(style.spread(np.array([0.9, 0.1, 0.95]), 0.2, high=1), [0.8, 0.1, 1])
    moved = np.sort(style.spread(np.random.default_rng(0).random(12), 0.08))
    assert (np.diff(moved) > 0.08 - 1e-9).all()


@pytest.mark.parametrize("n_panels", range(1, 16))
def test_rows_of_panels_are_as_full_as_can_be(n_panels):
    columns = style.n_columns(n_panels)
    rows = -(-n_panels // columns)
    assert columns <= 5
    assert rows * columns - n_panels < rows + 1


def _figures(make) -> dict:
    shape = make.shapes["panichello"]
    return {
        "decoding_over_time": lambda: decoding_over_time.draw(make.transfer(shape)),
        "transfer_over_time": lambda: transfer_over_time.draw(
            make.transfer(shape), make.onsets(shape)
        ),
        "transfer_matrix": lambda: transfer_matrix.draw(make.summary(shape)),
        "cross_temporal": lambda: cross_temporal.draw(make.cross_temporal(shape)),
        "unit_counts": lambda: unit_counts.draw(make.unit_counts(shape)),
        "trial_counts": lambda: trial_counts.draw(make.trial_counts(shape)),
        "attention": lambda: attention.draw(make.attention(), FIXED_TIMING),
        "learning": lambda: learning.draw(make.log()),
        "signature_distances": lambda: signature_distances.draw(*make.compared(shape)),
        "geometry": lambda: geometry.draw(make.geometry(shape)),
        "geometry_over_time": lambda: geometry_over_time.draw(make.geometry_over_time(shape)),
        "color_planes": lambda: color_planes.draw(make.color_planes(shape), make.geometry(shape)),
        "signatures": lambda: signatures.draw(*make.signatures(shape)),
        "onsets": lambda: onsets.draw(make.onsets(shape)),
        "timeline": lambda: timeline.draw(FIXED_TIMING),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "decoding_over_time",
        "transfer_over_time",
        "transfer_matrix",
        "cross_temporal",
        "unit_counts",
        "trial_counts",
        "attention",
        "learning",
        "signature_distances",
        "geometry",
        "geometry_over_time",
        "color_planes",
        "signatures",
        "onsets",
        "timeline",
    ],
)
def test_a_figure_is_the_same_bytes_every_time(name, make, tmp_path):
    draw = _figures(make)[name]
    first = draw()
    for number, figure in enumerate((first, first, draw())):
        for kind in FORMATS:
            style.save(figure, tmp_path / f"{number}.{kind}")
    for kind in FORMATS:
        once = (tmp_path / f"0.{kind}").read_bytes()
        assert (tmp_path / f"1.{kind}").read_bytes() == once, "the same figure saved again"
        assert (tmp_path / f"2.{kind}").read_bytes() == once, "the same data drawn again"
    assert b"<text" in (tmp_path / "0.svg").read_bytes()


# A legend above the panels, colour bars, and neither of them.
@pytest.mark.parametrize("name", ["decoding_over_time", "transfer_matrix", "geometry"])
def test_a_note_stands_above_a_figure_and_leaves_it_as_it_is(name, make, tmp_path):
    note = "first look: 19 permutations, the smallest attainable p is 0.05"
    figure = _figures(make)[name]()
    style.save(figure, tmp_path / "plain.png")
    for kind in ("noted.png", "noted.svg", "again.png"):
        style.save(figure, tmp_path / kind, note)
    assert (tmp_path / "noted.png").read_bytes() == (tmp_path / "again.png").read_bytes()
    assert note in (tmp_path / "noted.svg").read_text()
    plain, noted = (imread(tmp_path / f"{each}.png") for each in ("plain", "noted"))
    strip = len(noted) - len(plain)
    assert 30 < strip < 90
    # Text may move by a fraction of a pixel, as the strip is no whole number of them.
    assert np.abs(noted[strip:] - plain).mean() < 0.01
    assert noted[2, 2, :3] == pytest.approx(to_rgb(style.CAUTION), abs=3 / 255)
    style.save(figure, tmp_path / "plain_again.png")
    assert (tmp_path / "plain_again.png").read_bytes() == (tmp_path / "plain.png").read_bytes()


SCRIPT = """
import sys
from neuro_attn.configuration import Timing
from neuro_attn.figures import style, timeline
figure = timeline.draw(Timing())
for path in sys.argv[1:]:
    style.save(figure, path)
"""


def test_another_process_writes_the_same_bytes(tmp_path):
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-c", SCRIPT, *(tmp_path / f"{seed}.{kind}" for kind in FORMATS)],
            check=True,
            env={"PYTHONHASHSEED": seed, "MPLCONFIGDIR": str(tmp_path)},
        )
    for kind in FORMATS:
        assert (tmp_path / f"1.{kind}").read_bytes() == (tmp_path / f"2.{kind}").read_bytes()


# Figures of one and of two columns of a journal.
@pytest.mark.parametrize(("name", "width"), [("geometry", style.SINGLE), ("onsets", style.DOUBLE)])
def test_files_have_the_width_of_a_journal_300_dpi_and_text_that_stays_text(
    name, width, make, tmp_path
):
    figure = _figures(make)[name]()
    for kind in FORMATS:
        style.save(figure, tmp_path / f"figure.{kind}")
    with Image.open(tmp_path / "figure.png") as png:
        assert png.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert png.width / 300 * 25.4 == pytest.approx(width, abs=0.1)
        usual = BytesIO()
        png.convert("RGB").save(usual, format="png", optimize=True)
    # A report has dozens of figures.
    assert (tmp_path / "figure.png").stat().st_size < 0.85 * len(usual.getvalue())
    svg = (tmp_path / "figure.svg").read_text(encoding="utf-8")
    (points,) = re.findall(r'<svg[^>]*? width="([\d.]+)pt"', svg)
    assert float(points) / 72 * 25.4 == pytest.approx(width, abs=0.1)
    assert ">LPFC</text>" in svg
    pdf = (tmp_path / "figure.pdf").read_bytes()
    (points,) = re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ", pdf)
    assert float(points) / 72 * 25.4 == pytest.approx(width, abs=0.1)
    # Fonts are embedded as TrueType, which editors can edit, not as drawings of letters.
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf
    assert b"/CreationDate" not in pdf


@pytest.mark.parametrize("n_colors", [1, 256, 257])
def test_a_png_has_exactly_the_colours_that_were_drawn(n_colors):
    """A palette is exact, or is not used."""
    numbers = np.arange(60 * 70).reshape(60, 70) % n_colors
    colors = np.stack([numbers % 256, numbers // 256, 255 - numbers % 256], axis=2).astype(np.uint8)
    with Image.open(BytesIO(encoded_png(colors))) as png:
        assert png.mode == ("P" if n_colors <= 256 else "RGB")
        np.testing.assert_array_equal(np.asarray(png.convert("RGB")), colors)


def test_a_users_settings_neither_change_figures_nor_are_changed(make, tmp_path):
    log = make.log()
    style.save(learning.draw(log), tmp_path / "plain.png")
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "savefig.dpi": 50}):
        mine = dict(matplotlib.rcParams)
        style.save(learning.draw(log), tmp_path / "mine.png")
        assert dict(matplotlib.rcParams) == mine
    assert (tmp_path / "plain.png").read_bytes() == (tmp_path / "mine.png").read_bytes()


def test_no_other_format_is_written(make, tmp_path):
    with pytest.raises(InputError, match=r"not written as '\.eps'\. Use \.png, \.svg or \.pdf"):
        style.save(learning.draw(make.log()), tmp_path / "figure.eps")
    assert list(tmp_path.iterdir()) == []


def test_a_figure_that_cannot_be_written_leaves_no_file(make, tmp_path, monkeypatch):
    figure = learning.draw(make.log())

    def fail(*args, **kwargs):
        raise OSError("disk full")

    monkeypatch.setattr(FigureCanvasAgg, "draw", fail)
    with pytest.raises(InputError, match=r"figure\.png: disk full"):
        style.save(figure, tmp_path / "figure.png")
    assert list(tmp_path.iterdir()) == []

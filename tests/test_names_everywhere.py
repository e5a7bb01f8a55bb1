"""The same nasty names through every table, page, caption and figure of the package.

`tests/workflow/test_report_in_browser.py` sends them through a whole run and its report.
"""

import csv
import io
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from importlib import import_module

import pandas as pd
import pytest
from docutils.core import publish_string

from neuro_attn import escaping
from neuro_attn.configuration import parse
from neuro_attn.figures import style
from neuro_attn.figures.tables import to_html
from neuro_attn.results import TABLES, read_csv, write_csv
from tests.figures.conftest import Shape
from tests.figures.conftest import make as make
from tests.figures.test_targets import KEYS
from tests.results.test_results import file_of
from tests.test_escaping import NASTY, is_number

SHAPE = Shape(
    dict.fromkeys((*NASTY[:6:2], *NASTY[20:-1]), (0.6, 0.4, 0.1)),
    (NASTY[1], NASTY[3]),
    2,
    (NASTY[5],),
)
"""One name is so long that it leaves no room for data; tables and pages have it, too."""


def frame(table: str) -> pd.DataFrame:
    """Return a table whose text is each of the names in turn."""
    plain = {"number": -0.5, "count": 3, "truth": True}
    rows = [[plain.get(each.kind, name) for each in TABLES[table].columns] for name in NASTY]
    return pd.DataFrame(rows, columns=TABLES[table].names)


@pytest.mark.parametrize("table", TABLES)
def test_every_table_gives_names_back_and_no_spreadsheet_runs_them(table, tmp_path):
    path = tmp_path / file_of(table)
    write_csv(frame(table), path)
    for column in TABLES[table].columns:
        given, back = frame(table)[column.name], read_csv(path)[column.name]
        assert back.tolist() == given.tolist()
    text = path.read_text(encoding="utf-8")
    assert {character for character in text if not character.isprintable()} <= {"\n"}
    # As programs split it where the list separator is a comma, a semicolon or a tab.
    for separator in ",;\t":
        for row in csv.reader(io.StringIO(text), delimiter=separator):
            for cell in row:
                assert not re.match(r"\s*[=+\-@]", cell) or is_number(cell)


class Elements(HTMLParser):
    """The elements, attributes and text of a page."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("table", TABLES)
def test_every_page_of_a_table_shows_the_names_and_has_no_other_element(table):
    given = frame(table)
    attack = NASTY[-7]
    assert attack.startswith("</script>")
    page = Elements(to_html(given, attack, attack, note=attack))
    harmless = to_html(given.replace(dict.fromkeys(NASTY, "V4")), "x", "x", note="x")
    assert page.tags == Elements(harmless).tags
    assert page.attributes == Elements(harmless).attributes
    for name in given.select_dtypes(exclude=["number", "bool"]).iloc[:, :1].to_numpy().ravel():
        assert escaping.printable(str(name)) in page.text


FIGURES = {
    "decoding_over_time": ("transfer",),
    "transfer_over_time": ("transfer", "onsets"),
    "transfer_matrix": ("summary",),
    "onsets": ("onsets",),
    "cross_temporal": ("cross_temporal",),
    "unit_counts": ("unit_counts",),
    "trial_counts": ("trial_counts", "regions"),
    "geometry": ("geometry",),
    "geometry_measures": ("geometry",),
    "color_planes": ("color_planes", "geometry"),
}
"""Figures, and what they are drawn from."""


@pytest.fixture
def settings():
    dataset = parse(KEYS, "test").datasets["sim"]
    return dataset.model_copy(update={"windows": dict.fromkeys(SHAPE.windows, (0.0, 0.1))})


@pytest.mark.filterwarnings("ignore:Glyph:UserWarning")
@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_shows_the_names_as_text_and_its_caption_as_they_are(
    name, make, settings, tmp_path
):
    module = import_module(f"neuro_attn.figures.{name}")
    results = {result: getattr(make, result)(SHAPE) for result in FIGURES[name]}
    figure, caption = module.drawn(results, settings)
    style.save(figure, tmp_path / "figure.svg", note=NASTY[-7])
    tree = ElementTree.parse(tmp_path / "figure.svg")
    tags = {element.tag.rpartition("}")[2] for element in tree.iter()}
    assert not tags & {"script", "a", "foreignObject"}
    links = [v for e in tree.iter() for k, v in e.attrib.items() if k.endswith("href")]
    assert not [link for link in links if not link.startswith(("#", "data:image/png;"))]
    assert not [key for element in tree.iter() for key in element.attrib if key.startswith("on")]
    shown = publish_string(
        caption,
        writer="html",
        settings_overrides={
            "halt_level": 2,
            "raw_enabled": False,
            "file_insertion_enabled": False,
        },
    ).decode()
    body = shown[shown.index("<body") :]
    assert not [tag for tag in ("<script", "<img", "<a ") if tag in body]

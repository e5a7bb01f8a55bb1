"""One process draws all figures of a data set: the files that each would be alone, one error."""

import pytest

from neuro_attn.configuration import dataset_from, parse
from neuro_attn.errors import InputError
from neuro_attn.figures import (
    decoding_over_time,
    many_regions,
    onsets,
    style,
    transfer_matrix,
    transfer_over_time,
    unit_counts,
)
from neuro_attn.figures.drawing import write_figures
from neuro_attn.figures.tables import Page, write_tables
from neuro_attn.results import read_csv, write_csv
from tests.figures.test_targets import KEYS

NOTE = "first look: 19 permutations, the smallest attainable p is 0.05"


@pytest.fixture
def settings() -> dict:
    return parse(KEYS, "test").datasets["sim"].model_dump(mode="json")


def outputs(folder, *names: str) -> dict[str, str]:
    suffixes = {"png": "png", "svg": "svg", "pdf": "pdf", "caption": "rst"}
    return {
        f"{name}_{kind}": str(folder / f"{name}.{suffix}")
        for name in names
        for kind, suffix in suffixes.items()
    }


def test_figures_drawn_together_are_those_drawn_alone_with_notes_and_captions(
    make, settings, tmp_path, monkeypatch
):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    shape = make.shapes["panichello"]
    tables = {"onsets": make.onsets(shape), "unit_counts": make.unit_counts(shape)}
    files = {name: str(tmp_path / f"{name}.csv") for name in tables}
    for name, table in tables.items():
        write_csv(table, files[name])
    write_figures(
        figures={"onsets": NOTE, "unit_counts": ""},
        results=files,
        settings=settings,
        outputs=outputs(tmp_path / "together", *tables),
    )
    of_onsets = onsets.drawn({"onsets": read_csv(files["onsets"])}, dataset_from(settings))
    style.save(of_onsets.figure, tmp_path / "onsets.png", NOTE)
    style.save(unit_counts.draw(read_csv(files["unit_counts"])), tmp_path / "unit_counts.png")
    for name in tables:
        alone, together = (folder / f"{name}.png" for folder in (tmp_path, tmp_path / "together"))
        assert alone.read_bytes() == together.read_bytes()
        for kind in ("svg", "pdf"):
            assert (tmp_path / f"together/{name}.{kind}").stat().st_size
    captions = {name: (tmp_path / f"together/{name}.rst").read_text() for name in tables}
    caption = onsets.caption(read_csv(files["onsets"]), dataset_from(settings).inference)
    assert captions["onsets"] == f"**{NOTE.capitalize()}.**\n\n{caption}"
    assert captions["unit_counts"] == unit_counts.caption(read_csv(files["unit_counts"]))


def test_captions_state_the_correction_of_what_is_shown(make, settings):
    shape = make.shapes["panichello"]
    dataset = dataset_from(settings)
    inference = dataset.inference.model_copy(update={"correction": "fdr", "alpha": 0.01})
    dataset = dataset.model_copy(update={"inference": inference})
    for over_time in (
        decoding_over_time.caption(make.transfer(shape), dataset),
        transfer_over_time.caption(make.transfer(shape), make.onsets(shape), dataset),
    ):
        assert "p < 0.01" in over_time
        assert "for the false discovery rate over times and regions" in over_time
    # Regions are in the order of figures, whatever that of the table.
    none = make.transfer(shape).assign(p_corrected=1.0)
    caption = decoding_over_time.caption(none, dataset)
    assert "in no bin: LPFC, FEF, parietal and V4." in caption
    # Windows and onsets are always corrected by the maximum.
    in_windows = transfer_matrix.caption(make.summary(shape), dataset)
    assert "by the maximum over windows and regions" in in_windows
    assert "corrected by the maximum over time" in onsets.caption(make.onsets(shape), inference)


def test_a_figure_that_cannot_be_drawn_is_named(make, settings, tmp_path):
    shape = make.shapes["panichello"]
    transfer = make.transfer(shape)
    files = {name: str(tmp_path / f"{name}.csv") for name in ("transfer", "onsets")}
    write_csv(transfer[transfer["session"] == "s1"], files["transfer"])
    write_csv(make.onsets(shape), files["onsets"])
    with pytest.raises(InputError, match=r"figure decoding_over_time, transfer: no rows with"):
        write_figures(
            figures={"onsets": "", "decoding_over_time": ""},
            results=files,
            settings=settings,
            outputs=outputs(tmp_path, "onsets", "decoding_over_time"),
        )


def test_a_table_is_a_page_with_its_note_and_a_caption_that_names_the_csv(make, tmp_path):
    folder = tmp_path / "results/my_data"
    path = folder / "onsets.csv"
    write_csv(make.onsets(make.shapes["panichello"]), path)
    html, caption = (str(tmp_path / name) for name in ("o.html", "o.rst"))
    page = {"table": "onsets", "note": NOTE, "csv": str(path), "file": str(path)}
    write_tables([Page(**page, html=html, caption=caption)])
    assert NOTE.capitalize() in (tmp_path / "o.html").read_text()
    caption = (tmp_path / "o.rst").read_text()
    assert caption.startswith(f"**{NOTE.capitalize()}.**\n\n")
    assert r"my\_data\/onsets\.csv." in caption


def test_of_more_regions_than_fit_figures_show_those_with_most_sessions_and_captions_say_so(
    make, settings, tmp_path, monkeypatch
):
    monkeypatch.setattr(many_regions, "MOST", 2)
    monkeypatch.setattr(transfer_matrix, "MOST_REGIONS", 1, raising=False)
    shape = make.shapes["panichello"]
    transfer = make.transfer(shape)  # of these regions, parietal and V4 have the most units
    files = {name: str(tmp_path / f"{name}.csv") for name in ("transfer", "onsets", "summary")}
    write_csv(transfer, files["transfer"])
    write_csv(make.onsets(shape), files["onsets"])
    write_csv(make.summary(shape), files["summary"])
    names = ("transfer_over_time", "onsets", "decoding_over_time", "transfer_matrix")
    write_figures(
        figures=dict.fromkeys(names, ""),
        results=files,
        settings=settings,
        outputs=outputs(tmp_path, *names),
    )
    written = {
        name: [(tmp_path / f"{name}.{kind}").read_text() for kind in ("svg", "rst")]
        for name in names
    }
    svg, caption = written.pop("decoding_over_time")  # has all of them, as rows of a heat map
    assert all(f">{region}<" in svg for region in shape.regions)
    assert "Full colour: all have" in caption
    assert "Shown:" not in caption
    svg, caption = written.pop("transfer_matrix")  # shows fewer than others
    assert ">parietal<" in svg
    assert ">V4<" not in svg
    assert "Shown: the region with the most sessions" in caption
    for svg, caption in written.values():
        assert ">V4<" in svg
        assert ">LPFC<" not in svg
        assert "Shown: the 2 regions with the most sessions" in caption
        assert "LPFC" not in caption

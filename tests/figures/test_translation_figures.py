"""Figures of translation, for networks of which none has attention and for others."""

from neuro_attn.figures import translation, translation_attention
from neuro_attn.results import read_csv, write_csv

NAMES = ("translation", "translation_alignment", "translation_attention")


def from_files(make, folder, families):
    """Return the tables as a run reads them: columns of empty files also have types."""
    tables = []
    for name, table in zip(NAMES, make.translation(families), strict=True):
        path = folder / "networks" / f"{name}.csv"
        path.parent.mkdir(exist_ok=True)
        write_csv(table, path)
        tables.append(read_csv(path))
    return tables


def test_networks_without_attention_are_shown_by_their_translations_alone(make, tmp_path):
    written, alignment, attention = from_files(make, tmp_path, ("seq2seq",))
    assert not len(alignment)
    assert not len(attention)
    panels = [axes for axes in translation.draw(written, alignment).axes if axes.lines]
    assert len(panels) == 1
    caption = translation.caption(written, alignment)
    assert "alignment" not in caption
    assert "greedy" in caption
    translation_attention.draw(attention)
    assert translation_attention.caption(attention)


def test_captions_state_what_is_in_the_tables(make, tmp_path):
    written, alignment, attention = from_files(make, tmp_path, ("seq2seq", "bahdanau"))
    written = written[written["beams"] == 4]
    caption = translation.caption(written, alignment)
    assert "beam search with 4 hypotheses" in caption
    assert f"alignment error {alignment['alignment_error'].mean():.2f} (diagonal 0.40)" in caption
    # The ranges of lengths have equally many sentences.
    exact = written.loc[written["family"] == "seq2seq", "exact_match"].mean()
    assert f"seq2seq: {exact:.2f} of sentences correct." in caption
    assert "je 0.80, t\\' 0.80, aime 0.80" in translation_attention.caption(attention)

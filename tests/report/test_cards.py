"""Cards of networks: every result that exists is on them, and names cannot add markup."""

import numpy as np
import pandas as pd

from neuro_attn.configuration import family_file
from neuro_attn.report.cards import Card, as_page, described, first_answers, learned

HOSTILE = "<script>alert(1)</script>"


def tables():
    seeds = {"network": "net", "trained": True, "seed": [0, 0, 1, 1], "task": ["pro", "retro"] * 2}
    errors = pd.DataFrame({**seeds, "report_error": [4.0, 6.0, 50.0, 4.0]})
    errors["probed"], errors["learned"] = True, errors["seed"] == 0
    probe = pd.DataFrame(
        {
            "network": "net",
            "task": np.repeat(["pro", "retro"], 3),
            "time": [0.0, 0.1, 0.2] * 2,
            "report_error": [90.0, 20.0, 5.0, 90.0, 80.0, 70.0],
            "learned_below": 30.0,
            "populations": "decoder, context",
        }
    )
    fit = pd.DataFrame(
        {
            "network": ["net", "net", "other"],
            "trained": [True, False, True],
            "population": HOSTILE,
            "verdict": ["compatible", "uninformative", "incompatible"],
        }
    )
    return {"report_error": errors, "probe": probe, "fit": fit}


def test_a_card_contains_what_the_network_is_and_all_its_results():
    family = family_file("seq2seq")
    settings = {"family": "seq2seq", "steps": 600, "timing": {"pro": {"cue": [0.3, 0.3]}}}
    page = as_page(Card("net", {**settings, "patience": None}, family, tables()))
    assert described(family).splitlines()[0] in page
    assert "\\n" not in page
    assert "timing.pro.cue" in page
    assert "0.3, 0.3" in page
    assert "1 of 2 seeds learned" in page
    assert "Populations that exist only when a report is asked: context, decoder." in page
    assert "compatible" in page
    assert "uninformative" not in page  # the untrained network
    assert HOSTILE not in page
    for title in ("Use of attention", "Scores"):
        assert f"<h2>{title}</h2>" not in page


def test_a_card_of_imported_activations_has_no_family():
    page = as_page(Card(HOSTILE, {"source": "activations"}, None, tables()))
    assert "Trained elsewhere" in page
    assert HOSTILE not in page
    assert "seeds learned" not in page


def test_errors_are_those_of_seeds_that_learned():
    errors = tables()["report_error"]
    assert learned(errors).endswith("of these: pro 4.0, retro 6.0 degrees (chance 90).")
    assert learned(errors.assign(learned=False)) == "0 of 2 seeds learned."
    unknown = errors.assign(report_error=np.nan, probed=False, learned=pd.NA)
    assert learned(unknown).startswith("Not probed")


def test_a_network_answers_from_its_first_small_error_on():
    found = first_answers(tables()["probe"]).set_index("task")
    assert found.loc["pro", "answers from (s)"] == 0.1
    assert np.isnan(found.loc["retro", "answers from (s)"])
    assert list(found["error at the end (degrees)"]) == [5.0, 70.0]

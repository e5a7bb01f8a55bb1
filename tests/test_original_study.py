"""The page on the original study states what was counted."""

import json
from pathlib import Path

from benchmarks import overlap_bias, simulated_studies

ROOT = Path(__file__).parents[1]
COUNTED = json.loads((ROOT / "benchmarks/look_of_cue.json").read_text(encoding="utf-8"))
STUDIES = json.loads(simulated_studies.KEPT.read_text(encoding="utf-8"))
GENERALISATION = "generalisation, relative to"
STRONG = "three times the selection code"
REFERENCES = ("selection", "within tasks")


def test_the_page_has_the_verdicts_that_were_counted():
    page = (ROOT / "docs/original_study.md").read_text(encoding="utf-8")
    for world in dict.fromkeys(key.rsplit("; ", 1)[0] for key in COUNTED):
        of = ("selection", f"{GENERALISATION} selection", f"{GENERALISATION} within tasks")
        counts = [COUNTED[f"{world}; {what}"] for what in of]
        cells = [", ".join(f"{n} {verdict}" for verdict, n in each.items()) for each in counts]
        assert f"| {' | '.join([*world.split('; '), *cells])} |" in page


def test_a_strong_look_leaves_a_shared_code_shared_relative_to_selection_alone():
    shared = {what: COUNTED[f"shared; {STRONG}; {GENERALISATION} {what}"] for what in REFERENCES}
    assert shared["selection"]["shared"] >= 45
    assert "shared" not in shared["within tasks"]


def test_a_strong_look_makes_no_task_specific_code_shared():
    for what in REFERENCES:
        found = COUNTED[f"task-specific; {STRONG}; {GENERALISATION} {what}"]
        assert not {"shared", "partly shared"} & set(found)


def test_the_page_has_what_was_found_in_simulated_studies():
    page = (ROOT / "docs/original_study.md").read_text(encoding="utf-8")
    assert simulated_studies.table(STUDIES) in page


def test_intervals_contain_what_is_planted_and_verdicts_contradict_it_in_few_studies():
    planted = simulated_studies.original().simulation.regions
    contradicting = {
        1.0: {"task-specific", "not decodable", "reversed"},
        0.5: {"task-specific", "not decodable", "reversed"},
        0.0: {"shared", "partly shared", "not decodable", "reversed"},
    }
    for what, counts in STUDIES.items():
        n = sum(counts.values())
        assert n == simulated_studies.STUDIES
        if what.endswith("interval"):
            # In LPFC the overlap of a shared code is biased downwards, as the page states.
            assert counts["True"] >= (0.85 if "LPFC" in what else 0.93) * n
        elif what.startswith("generalisation"):
            region = planted[what.split(", ")[1]]
            wrong = contradicting[region.selection_axis_cosine] & set(counts)
            assert sum(counts[verdict] for verdict in wrong) <= 0.05 * n


def test_the_page_has_the_measured_cause_of_overlaps_below_1():
    page = (ROOT / "docs/original_study.md").read_text(encoding="utf-8")
    kept = json.loads(overlap_bias.KEPT.read_text(encoding="utf-8"))
    assert len(kept) == 10
    for name, each in kept.items():
        assert each["n"] == len(overlap_bias.STUDIES)
        # Ratios of the reference tasks, and their geometric mean, are not on the page.
        if "retro_1" not in name or name.endswith(", overlap"):
            assert f"{each['mean']:.3f} \N{PLUS-MINUS SIGN} {each['se']:.3f}" in page, name
    pair = "pro and retro_2"
    for ratio in ("strength of code", "efficiency of decoders"):
        assert kept[f"{pair}, {ratio}"]["mean"] > 1 + 4 * kept[f"{pair}, {ratio}"]["se"]

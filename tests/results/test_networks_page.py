"""The numbers of networks in docs/networks.md are those of the run that was summarised."""

import json
import re
from pathlib import Path
from runpy import run_path

import yaml

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/networks.md").read_text(encoding="utf-8")
GENERATOR = run_path(str(ROOT / "docs/site/networks.py"))


def test_the_page_is_up_to_date():
    assert GENERATOR["page"](PAGE) == PAGE, "run: python docs/site/networks.py"


def test_every_block_that_can_be_generated_is_on_the_page():
    assert set(re.findall(r"<!-- generated: (\w+) -->", PAGE)) == GENERATOR["BLOCKS"].keys()


def test_every_network_has_ten_seeds_here_and_in_the_zoo():
    # Those of the default run.
    assert {"seq2seq", "bahdanau"} <= GENERATOR["FOUND"]["seeds"].keys()
    assert set(GENERATOR["FOUND"]["seeds"].values()) == {10}
    zoo = yaml.safe_load((ROOT / "config/zoo.yaml").read_text(encoding="utf-8"))
    assert {each["seeds"] for each in zoo["networks"].values()} == {10}


def test_seeds_that_are_averaged_have_learned():
    found = GENERATOR["FOUND"]
    for name, of_network in found["errors"].items():
        for of in of_network.values():
            assert of["report_error"]["n"] == found["learned"][name]
            assert of["report_error"]["high"] < 30


def test_what_the_page_says_of_translation_is_what_was_measured():
    found = json.loads((ROOT / "benchmarks/translation.json").read_text(encoding="utf-8"))
    assert {of["exact"]["1"]["all"]["n"] for of in found.values()} == {5}
    seq2seq, luong = found.pop("seq2seq"), found["luong-general"]
    assert [round(seq2seq["exact"]["1"][n]["mean"], 2) for n in ("3-5", "12-14")] == [0.95, 0.01]
    assert luong["exact"]["1"]["all"]["low"] < 0.6
    assert luong["alignment_error"]["high"] > 0.6
    for family, of in found.items():
        assert of["follows"]["mean"] > 0.7
        if family != "luong-general":
            assert round(of["exact"]["1"]["all"]["mean"], 2) >= 0.95
            assert of["alignment_error"]["mean"] < of["diagonal_error"]["mean"] / 2
    assert found["bahdanau-words"]["alignment_error"]["high"] < 0.115
    assert 0.75 < found["transformer"]["follows"]["mean"] < 0.85


def test_what_the_page_says_of_sequences_is_what_was_measured():
    found = json.loads((ROOT / "benchmarks/sequence_processing.json").read_text(encoding="utf-8"))

    def error(family: str, task: str, length: int, distance: int) -> float:
        return found["answers"][family][task][str(length)][str(distance)]["error"]["mean"]

    marked, delayed = "marked item", "item at a delay"
    assert error("gru", marked, 256, 255) < 0.01
    assert error("gru", delayed, 64, 16) > 0.6
    for distance in (1, 63):
        assert error("dilated-convolution", marked, 64, distance) < 0.01
    assert error("dilated-convolution", marked, 256, 255) > 0.8
    assert error("undilated-convolution", marked, 64, 63) > 0.8
    for family in ("self-attention", "self-attention-without-positions"):
        assert error(family, marked, 256, 255) < 0.01
    for delay in (4, 16, 32):
        assert error("self-attention", delayed, 64, delay) < 0.01
        assert error("self-attention-without-positions", delayed, 64, delay) > 0.6

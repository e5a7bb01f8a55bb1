"""The numbers of networks in docs/networks.md are those of the run that was summarised."""

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

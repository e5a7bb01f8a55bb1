"""Networks that do not learn are counted and left out, and the run goes on."""

import pytest

from neuro_attn.results import read_csv
from tests.workflow.conftest import NETWORKS, SMALL

pytestmark = pytest.mark.slow


def test_a_run_goes_on_if_no_seed_of_a_network_learns(new_project):
    """Of `bad` no seed can learn, and of `good` each one has, whatever its error."""
    project = new_project()
    tiny = NETWORKS["networks"]["tiny"] | {"family": "seq2seq"}
    networks = {"bad": {**tiny, "learned_below": 1}, "good": {**tiny, "learned_below": 180}}
    analysis = {key: NETWORKS[key] for key in ("network_analysis", "comparison")}
    config = project.write_config({**SMALL, **analysis, "networks": networks})
    figures = ("learning", "probe", "signatures", "signature_distances")
    targets = [f"results/figures/{name}.png" for name in figures]
    targets += ["results/comparison/model_scores.csv", "results/network-bad/summary.csv"]
    project.run("run", config, "--cores", "2", "--", *targets)

    results = project.folder / "results"
    errors = read_csv(results / "networks/report_error.csv")
    assert errors.groupby("network")["learned"].any().to_dict() == {"bad": False, "good": True}
    compared = read_csv(results / "comparison/distances.csv")
    assert set(compared["network"]) == {"good"}
    assert set(read_csv(results / "comparison/model_scores.csv")["network"]) == {"good"}
    # Its seeds are decoded nevertheless.
    assert not read_csv(results / "network-bad/summary.csv").empty
    left_out = read_csv(results / "comparison/signatures_left_out.csv")
    of_bad = left_out[left_out["dataset"] == "network-bad"]
    assert set(of_bad["region"]) == {"encoder", "decoder"}
    assert set(of_bad["reason"]) == {"no seed of the network has learned its tasks"}
    caption = (results / "figures/learning.rst").read_text(encoding="utf-8")
    assert "0 of n = 2 seeds learned" in caption

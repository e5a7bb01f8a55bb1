"""A network whose activations are imported is compared with regions as if a run had trained it."""

from pathlib import Path

import pytest

from neuro_attn import networks
from neuro_attn.configuration import Network
from neuro_attn.results import read_csv
from tests.workflow.conftest import NETWORKS, SMALL

pytestmark = pytest.mark.slow

SEQ2SEQ = {
    "family": "seq2seq",
    "steps": 60,
    "hidden": 16,
    "batch": 16,
    "test_trials": 40,
    "learned_below": 180,
}
SEED = 2021


def test_seq2seq_exported_and_imported_gives_the_same_verdicts_to_the_byte(new_project):
    ours = new_project()
    analysis = {key: NETWORKS[key] for key in ("network_analysis", "comparison")}
    keys = {**SMALL, **analysis, "seed": SEED}
    settings = Network(**SEQ2SEQ, seeds=2)
    given = ours.write_config({**keys, "networks": {"net": {**SEQ2SEQ, "seeds": 2}}})
    ours.run_tables(given)

    theirs = new_project()
    for seed in range(settings.seeds):
        trials = networks.held_out_trials(settings, "net", f"seed{seed}", SEED)
        model = networks.untrained(settings, SEED, "net", seed)
        weights = ours.folder / f"results/networks/net/seed{seed}/weights.npz"
        for kind, each in (
            ("trained", networks.load_weights(weights, like=model)),
            ("untrained", model),
        ):
            recorded = networks.record(networks.callable_of(each, settings), trials)
            recorded.save(theirs.folder / f"activations/{kind}{seed}.npz")
    imported = {
        "source": "activations",
        "files": "trained*.npz",
        "untrained": "untrained*.npz",
        "learned_below": 180,
    }
    given = theirs.write_config(
        {**keys, "data_folder": "activations", "networks": {"net": imported}}
    )
    theirs.run_tables(given)

    tables = [
        path.relative_to(ours.folder)
        for pattern in ("comparison/*.csv", "network-net*/*.csv", "networks/report_error.csv")
        for path in sorted((ours.folder / "results").glob(pattern))
        if path.name != "sessions.csv"  # It says where sessions come from.
    ]
    names = {path.name for path in tables}
    assert {"signatures.csv", "fit.csv", "nearest.csv", "distances.csv", "verdicts.csv"} <= names
    differ = [
        str(path)
        for path in tables
        if (ours.folder / path).read_bytes() != (theirs.folder / path).read_bytes()
    ]
    assert differ == []
    read = read_csv(theirs.folder / "results/network-net/sessions.csv")
    assert list(read["source"].map(lambda source: Path(source).name)) == [
        f"trained{seed}.npz" for seed in range(settings.seeds)
    ]
    assert not (theirs.folder / "results/networks/training.csv").exists()

"""A network trained in PyTorch, which this project does not need, is compared with regions."""

import numpy as np
import pytest

from neuro_attn import networks
from neuro_attn.results import read_csv
from tests.workflow.conftest import NETWORKS, SMALL

pytestmark = pytest.mark.slow

SEEDS = 2
STEPS, BATCH = 500, 64
LEARNED = 45.0
"""Report error, degrees, below which a network has learned; guesses have 90."""


def trained(torch, seed):
    """Train a gated recurrent unit on the pro and the retro task; return what records it."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    trials = networks.draw_trials(2000, seed=100 + seed)
    inputs, targets = (torch.as_tensor(np.asarray(a)) for a in (trials.inputs, trials.targets))
    gru = torch.nn.GRU(inputs.shape[2], 48, batch_first=True)
    readout = torch.nn.Linear(48, 2)
    optimiser = torch.optim.Adam([*gru.parameters(), *readout.parameters()], lr=0.01)
    for _ in range(STEPS):
        batch = torch.randint(len(inputs), (BATCH,))
        states, _ = gru(inputs[batch])
        loss = ((readout(states[:, -1:]) - targets[batch][:, -1:]) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    def network(inputs):
        with torch.no_grad():
            states, _ = gru(torch.as_tensor(inputs))
            return {"hidden": states}, readout(states[:, -1:])

    return network


def test_a_gru_trained_in_pytorch_enters_the_comparison(new_project):
    torch = pytest.importorskip("torch", reason="needs PyTorch: pip install torch")
    project = new_project()
    for seed in range(SEEDS):
        trials = networks.draw_trials(240, seed=seed)
        recorded = networks.record(trained(torch, seed), trials)
        recorded.save(project.folder / f"activations/gru{seed}.npz")
    analysis = {key: NETWORKS[key] for key in ("network_analysis", "comparison")}
    network = {"source": "activations", "files": "gru*.npz", "learned_below": LEARNED}
    keys = {**SMALL, **analysis, "data_folder": "activations", "networks": {"gru": network}}
    project.run_tables(project.write_config(keys))

    results = project.folder / "results"
    errors = read_csv(results / "networks/report_error.csv")
    assert set(errors["task"]) >= {"pro", "retro"}
    assert (errors["report_error"] < LEARNED).all()
    assert errors["learned"].astype(bool).all()
    for table in ("fit", "nearest"):
        found = read_csv(results / f"comparison/{table}.csv")
        assert set(found.loc[found["network"] == "gru", "population"]) == {"hidden"}
    signatures = read_csv(results / "comparison/signatures.csv")
    assert "network-gru" in set(signatures["dataset"])
    summary = read_csv(results / "network-gru/summary.csv")
    within = summary[summary["train_task"] == summary["test_task"]]
    assert (within["accuracy"] > 0.5).all()

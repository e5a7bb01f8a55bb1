"""Duration of a training step, compared with the same network in PyTorch.

`python -m benchmarks.training` builds `bahdanau` and `seq2seq` at the default size and copies their
weights into PyTorch modules (eager; `torch.nn.GRU` for the encoder, a loop for the decoder). It
checks that reports and losses agree, and times training steps of both in alternation: forward and
backward pass, gradient clipping and Adam, on batches already in memory. Compilation time is
reported separately. The benchmark prints ratios and writes results/benchmarks/training.json.

PyTorch is not among the locked packages, because its wheels have gigabytes. Run
`pip install torch` first.
"""

import argparse
import os

# One thread per network, as in the workflow. XLA reads this variable once, on import.
os.environ.setdefault("NPROC", "1")

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import torch
from torch import nn

from benchmarks.machine import save, seconds
from neuro_attn.configuration import Network
from neuro_attn.networks import learning
from neuro_attn.networks import trials as task
from neuro_attn.networks.families import FAMILIES
from neuro_attn.networks.training import LOGGED_EVERY

SEED = 2021
TOLERANCE = 1e-5
"""Largest difference between reports that is attributed to rounding."""


def gru(cells: list[eqx.nn.GRUCell]) -> nn.GRU:
    """Return a GRU layer with the weights of one cell, or of one cell per direction."""
    layer = nn.GRU(cells[0].input_size, cells[0].hidden_size, bidirectional=len(cells) == 2)
    for cell, suffix in zip(cells, ("", "_reverse"), strict=False):
        bias = np.zeros(3 * cell.hidden_size, np.float32)
        bias[2 * cell.hidden_size :] = cell.bias_n
        for name, value in (
            ("weight_ih", cell.weight_ih),
            ("weight_hh", cell.weight_hh),
            ("bias_ih", cell.bias),
            ("bias_hh", bias),
        ):
            getattr(layer, f"{name}_l0{suffix}").data.copy_(torch.tensor(np.array(value)))
    return layer


def cell(own: eqx.nn.GRUCell) -> nn.GRUCell:
    """Return a GRU cell with the same weights."""
    made = nn.GRUCell(own.input_size, own.hidden_size)
    layer = gru([own])
    for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
        getattr(made, name).data.copy_(getattr(layer, f"{name}_l0").data)
    return made


def linear(own: eqx.nn.Linear) -> nn.Linear:
    """Return a linear layer with the same weights."""
    weight = torch.tensor(np.atleast_2d(own.weight))
    made = nn.Linear(weight.shape[1], weight.shape[0], bias=own.bias is not None)
    made.weight.data.copy_(weight)
    if own.bias is not None:
        made.bias.data.copy_(torch.tensor(np.array(own.bias)))
    return made


class Seq2Seq(nn.Module):
    """The network `seq2seq` in PyTorch."""

    def __init__(self, own: eqx.Module):
        super().__init__()
        self.encoder = gru([own.encoder.cell])
        self.start, self.readout = linear(own.decoder.start), linear(own.decoder.readout)
        self.cell = cell(own.decoder.cell)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Report on trials (trial, encoded_step, input)."""
        context = self.encoder(inputs.transpose(0, 1))[1][0]
        state, report = torch.tanh(self.start(context)), inputs.new_zeros(len(inputs), 2)
        reports = []
        for _ in range(task.REPORT_STEPS):
            state = self.cell(torch.cat([report, context], 1), state)
            report = self.readout(state)
            reports.append(report)
        return torch.stack(reports, 1)


class Bahdanau(nn.Module):
    """The network `bahdanau` in PyTorch."""

    def __init__(self, own: eqx.Module):
        super().__init__()
        self.encoder = gru([own.encoder.forward.cell, own.encoder.backward.cell])
        self.start, self.readout = linear(own.decoder.start), linear(own.decoder.readout)
        self.cell = cell(own.decoder.cell)
        self.W, self.U, self.v = (linear(getattr(own.decoder.attention, n)) for n in "WUv")

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Report on trials (trial, encoded_step, input)."""
        memory = self.encoder(inputs.transpose(0, 1))[0]
        keys = self.U(memory)
        state = torch.tanh(self.start(memory[0, :, memory.shape[2] // 2 :]))
        report = inputs.new_zeros(len(inputs), 2)
        reports = []
        for _ in range(task.REPORT_STEPS):
            weights = torch.softmax(self.v(torch.tanh(self.W(state) + keys)), 0)
            context = (weights * memory).sum(0)
            state = self.cell(torch.cat([report, context], 1), state)
            report = self.readout(state)
            reports.append(report)
        return torch.stack(reports, 1)


TWINS = {"seq2seq": Seq2Seq, "bahdanau": Bahdanau}


def measure(family: str, rounds: int) -> dict[str, float]:
    """Return the durations of a training step in both implementations, ms, and their ratio."""
    settings = Network(family=family)
    rng = np.random.default_rng(SEED)
    trials = task.draw(LOGGED_EVERY * settings.batch, settings, rng)
    seen = task.inputs(trials, settings, settings.input_noise, rng)
    wanted = task.targets(trials, settings.report_steps)
    shape = (LOGGED_EVERY, settings.batch)
    inputs, targets = (each.reshape(*shape, *each.shape[1:]) for each in (seen, wanted))

    model = FAMILIES[family](jax.random.key(SEED), len(task.CHANNELS), 2, settings)
    twin = TWINS[family](model)
    theirs = twin(torch.from_numpy(inputs[0]))
    error = np.abs(np.asarray(jax.vmap(model)(inputs[0])) - theirs.detach().numpy()).max()
    if error > TOLERANCE:
        raise SystemExit(f"{family}: reports differ by {error:.2g}, more than {TOLERANCE:g}.")

    batches = learning.Batches(
        jnp.asarray(inputs), jnp.asarray(targets), jnp.arange(LOGGED_EVERY, dtype=jnp.uint32)
    )
    state = learning.begin(model, settings)

    def own_steps() -> jax.Array:
        return learning.learn(model, state, batches, settings)[2].block_until_ready()

    optimiser = torch.optim.Adam(twin.parameters(), settings.learning_rate)
    ready = torch.from_numpy(inputs), torch.from_numpy(targets)

    def their_steps() -> list[float]:
        losses = []
        for seen_now, wanted_now in zip(*ready, strict=True):
            optimiser.zero_grad()
            loss = ((twin(seen_now) - wanted_now) ** 2).mean()
            loss.backward()
            nn.utils.clip_grad_norm_(twin.parameters(), learning.LARGEST_GRADIENT)
            optimiser.step()
            losses.append(loss.item())
        return losses

    compiling = seconds(own_steps)
    # Only the first losses are comparable; PyTorch's GRU then also trains a second bias.
    first = float(own_steps()[0]) - their_steps()[0]
    if abs(first) > TOLERANCE:
        raise SystemExit(f"{family}: losses differ by {first:.2g}, more than {TOLERANCE:g}.")
    pairs = [(seconds(own_steps), seconds(their_steps)) for _ in range(rounds)]
    own, peer = 1e3 * np.median(pairs, axis=0) / LOGGED_EVERY
    return {
        "ours_ms": float(own),
        "pytorch_ms": float(peer),
        "ratio": float(np.median([theirs / ours for ours, theirs in pairs])),
        "first_call_s": compiling,
        "report_difference": float(error),
    }


def main() -> None:
    """Run the benchmark, print the results and write them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9, help="alternations of the two")
    options = parser.parse_args()
    torch.set_num_threads(1)
    results = {}
    for family in TWINS:
        results[family] = found = measure(family, options.rounds)
        print(
            f"{family:<10}{found['ours_ms']:8.2f} ms a step, PyTorch {found['pytorch_ms']:8.2f} ms:"
            f" {found['ratio']:.2f} times; first call, compiling, {found['first_call_s']:.1f} s"
        )
    path = save("training", {"torch": torch.__version__, "threads": 1, "families": results})
    print(f"written to {path}")


if __name__ == "__main__":
    main()

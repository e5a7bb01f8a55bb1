"""Three ways of processing sequences: a summary of the skill, and measured times.

`python -m benchmarks.sequence_processing [--write]` trains the networks of `sequence_processing`
with its default settings, as config/skills.yaml does, and summarises them over seeds. It then times
one learning step (loss and gradient for one sequence) at two lengths, of all families in
alternation. Times are given as ratios to the GRU at the same length, and as ratios of the longer to
the shorter sequence. The multiply-adds that are counted from the program before compilation are
compared with half of the floating-point operations that XLA counts in the compiled program. With
--write, the results are kept in sequence_processing.json beside this file.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

# One thread per network, as in the workflow. XLA reads this variable once, on import.
os.environ.setdefault("NPROC", "1")

import equinox as eqx
import jax
import numpy as np
import pandas as pd

from benchmarks.machine import description, seconds
from benchmarks.zoo import grouped
from neuro_attn.configuration import SequenceProcessing
from neuro_attn.networks.skills.sequence_processing import costs, tasks
from neuro_attn.networks.skills.sequence_processing.learning import sequence_processing
from neuro_attn.networks.skills.sequence_processing.processors import FAMILIES, build, width

KEPT = Path(__file__).with_name("sequence_processing.json")
SEED = 2021
"""The seed of config/skills.yaml, which is the default."""
TIMED = (64, 512)
"""Lengths of the sequences that are timed."""


def learned(settings: SequenceProcessing) -> dict[str, Any]:
    """Return errors and costs of all families over seeds, and seconds of processor time."""
    answers, amounts, spent = [], [], {}
    for family in FAMILIES:
        begin = os.times()
        for replicate in range(settings.seeds):
            tables = sequence_processing(settings, family, replicate, SEED)
            answers.append(tables.sequence_processing)
            amounts.append(tables.sequence_costs)
        end = os.times()
        spent[family] = round((end.user + end.system - begin.user - begin.system), 1)
        print(f"{family}: {spent[family]} s of processor time", flush=True)
    keys = ["task", "length", "distance"]
    of_costs = [column for column in amounts[0] if column not in ("family", "seed", "length")]
    return {
        "answers": grouped(pd.concat(answers), ["family", *keys], ["error", "gradient"]),
        "costs": grouped(pd.concat(amounts), ["family", "length"], of_costs),
        "processor_seconds": spent,
    }


def timed(hidden: int, trained: int, rounds: int) -> dict[str, Any]:
    """Return how times of a learning step compare, and operations counted by XLA."""

    @eqx.filter_jit
    def step(model: eqx.Module, inputs: np.ndarray, targets: np.ndarray) -> Any:
        return eqx.filter_value_and_grad(lambda model: model.loss(inputs, targets, None))(model)

    models: dict[tuple[str, int], Any] = {}
    counted = {}
    for family, spec in FAMILIES.items():
        n_units = width(family, hidden, trained)
        for length in TIMED:
            # Stacks of hundreds of layers take too long to compile.
            if (n_layers := spec.n_layers(length)) > 100:
                continue
            model = build(family, jax.random.key(SEED), n_units=n_units, n_layers=n_layers)
            drawn = tasks.marked(np.random.default_rng(SEED), 1, length)
            models[family, length] = model, drawn.inputs[0], drawn.targets[0]
            compiled = eqx.filter_jit(lambda model, x: model(x)).lower(model, drawn.inputs[0])
            flops = compiled.compile().compiled.cost_analysis()["flops"]
            ours = costs.multiply_adds(model, length)
            counted.setdefault(family, {})[str(length)] = round(flops / 2 / ours, 3)
    for each in models.values():
        jax.block_until_ready(step(*each))
    times: dict[tuple[str, int], list[float]] = {key: [] for key in models}
    for _ in range(rounds):
        for key, each in models.items():
            times[key].append(seconds(lambda each=each: jax.block_until_ready(step(*each))))
    medians = {key: float(np.median(each)) for key, each in times.items()}
    found: dict[str, Any] = {}
    short, long = TIMED
    for family in FAMILIES:
        of = {str(n): medians[family, n] for n in TIMED if (family, n) in medians}
        found[family] = {
            "over_gru": {n: round(t / medians["gru", int(n)], 3) for n, t in of.items()},
            "growth": round(of[str(long)] / of[str(short)], 2) if str(long) in of else None,
            "xla_over_counted": counted[family],
        }
    return found


def main() -> None:
    """Print the results, and keep them if requested."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=51, help="alternations of the families")
    parser.add_argument("--write", action="store_true", help="keep the results for the page")
    given = parser.parse_args()
    settings = SequenceProcessing(families=tuple(FAMILIES))
    found = {
        **learned(settings),
        "times": timed(settings.hidden, settings.length, given.rounds),
        "timed_lengths": TIMED,
        "machine": description(),
    }
    print(json.dumps(found["times"], indent=1))
    if given.write:
        KEPT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

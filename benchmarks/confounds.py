"""Type I error and power of decoding under the two controls of confounds, and decodanda's balance.

`python -m benchmarks.confounds [controls | balance] [--datasets N]` draws N data sets from worlds
in which a confound covaries with the label. In `controls` the label is decoded with the confound
regressed out and with the confound balanced, and tested against 39 permutations. In `balance`
units follow the stimulus, or stimulus and action, and the action is decoded without balance, with
it, and by decodanda if that is installed (benchmarks/requirements.lock). Each part prints its rates
and writes them to results/benchmarks/confounds-PART.json. With --write they also replace those in
confounds.json beside this file, which docs/calibration.md quotes (docs/site/calibration.py).
"""

import argparse
import contextlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from benchmarks.calibration import without
from benchmarks.machine import save
from neuro_attn.configuration import parse
from neuro_attn.decoding.balancing import balanced, shuffled_within, subsampled
from neuro_attn.decoding.confound_targets import adjusted
from neuro_attn.decoding.nuisance import Levels, levels
from neuro_attn.decoding.population import Population, SessionTrials
from neuro_attn.decoding.population_decoder import ORIGINAL, PopulationDecoder
from neuro_attn.decoding.preparation import surrogates_of
from neuro_attn.decoding.trial_selection import Target, decodable
from neuro_attn.errors import InputError
from neuro_attn.inference.pvalues import p_value
from neuro_attn.randomness import stream
from neuro_attn.study import Study

SEED = 2021
ALPHA = 0.05
FOLDS = 2
KEPT = Path(__file__).with_name("confounds.json")
Drawn = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Rates (trial, unit), label (trial,) and confound (trial,)."""


def study(permutations: int = 39, draws: int = 1) -> Study:
    """Return a study of one task in one window."""
    keys = {
        "source": "netcdf",
        "files": "*",
        "label": "side",
        "tasks": {"task": {"trials": "order == 0"}},
        "time": {"start": 0.0, "stop": 0.1, "bin": 0.1},
        "windows": {"late": [0.0, 0.1]},
        "decoding": {"folds": FOLDS, "draws": draws, "unit_counts": []},
    }
    dataset = parse({"datasets": {"data": keys}}).datasets["data"]
    return Study("data", without(dataset, permutations=permutations, bootstraps=0), SEED)


# --- worlds ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """A label that follows a confound, and units that follow the confound, and perhaps the label.

    Parameters
    ----------
    confound : str
        "linear": label and rates follow x; "absolute": they follow abs(x); "two" or "four": they
        depend on a variable with so many values.
    r : float
        Correlation of the label and a variable with few values.
    own : float
        Half the difference in rates between the classes, SD, along an axis of its own.
    counts : bool
        Whether rates are Poisson counts with a mean of 5.
    n_trials : int
        Number of trials.
    """

    confound: str
    r: float = 0.8
    own: float = 0.0
    counts: bool = False
    n_trials: int = 120


CONTROLLED = {
    "x, linear": World("linear"),
    "x, linear, Poisson counts": World("linear", counts=True),
    "x, linear, 60 trials": World("linear", n_trials=60),
    "absolute value of x": World("absolute"),
    "two values, r = 0.8": World("two"),
    "four values": World("four"),
    "x, linear, and a code of the label": World("linear", own=1.0),
    "two values, r = 0.8, and a code of the label": World("two", own=1.0),
    "two values, r = 0.4, and a code of the label": World("two", r=0.4, own=1.0),
}


def drawn(world: World, rng: np.random.Generator, n_units: int = 20) -> Drawn:
    """Draw a data set; the confound's axis and the label's are orthogonal on average."""
    n = world.n_trials
    axes = rng.normal(size=(2, n_units)) / np.sqrt(n_units)
    if world.confound in ("linear", "absolute"):
        confound = rng.normal(size=n)
        follows = confound if world.confound == "linear" else 2 * np.abs(confound) - 1.6
        label = follows + 0.5 * rng.normal(size=n) > 0
    else:
        n_values = {"two": 2, "four": 4}[world.confound]
        confound = rng.integers(n_values, size=n)
        follows = 2 * confound / (n_values - 1) - 1
        probability = 0.5 + world.r / 2 * follows
        label = rng.random(n) < probability
        confound = np.array([f"value {each}" for each in confound], object)
    signal = 2.5 * np.outer(follows, axes[0]) + world.own * np.outer(2 * label - 1, axes[1])
    if world.counts:
        return rng.poisson(np.clip(5 + 2 * signal, 0.1, None)).astype(float), label, confound
    return 5 + signal + rng.normal(size=signal.shape), label, confound


ENTANGLED = {"stimulus alone": 0.0, "stimulus and action": 1.0}
"""What units follow, and half the difference in rates between the actions, SD."""


def entangled(
    rng: np.random.Generator, *, of_action: float, agree: float = 0.9, n_trials: int = 200
) -> Drawn:
    """Draw rates, action and stimulus; the action agrees with the stimulus in a share of trials.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    of_action : float
        Half the difference in rates between the actions, SD; that of the stimuli is 2.5.
    agree : float
        The share; the correlation of stimulus and action is 2 x share - 1.
    n_trials : int
        Number of trials.
    """
    stimulus = rng.integers(0, 2, n_trials)
    action = np.where(rng.random(n_trials) < agree, stimulus, 1 - stimulus)
    axes = rng.normal(size=(2, 12)) / np.sqrt(12)
    rates = 2.5 * np.outer(2 * stimulus - 1, axes[0])
    rates += of_action * np.outer(2 * action - 1, axes[1])
    return rates + rng.normal(size=rates.shape), action, stimulus


# --- decoding ----------------------------------------------------------------------------------


def population(rates: np.ndarray, label: np.ndarray) -> Population:
    """Return a population with a single window."""
    n_trials, n_units = rates.shape
    part = SessionTrials(
        session="s",
        rates=rates[..., None].astype(np.float32),
        task=np.zeros(n_trials, int),
        label=label.astype(int),
        unit_ids=np.arange(n_units).astype(str).astype(object),
        trial_ids=np.arange(n_trials),
    )
    return Population("s", [part], ("task",), ("no", "yes"), ("late",), np.empty(0))


def decoded(member: Population, of: Study) -> tuple[float, float]:
    """Return the accuracy and its p-value, NaN without permutations."""
    (surrogates,) = surrogates_of([member], of)
    decoder = PopulationDecoder(
        member,
        of,
        region="V4",
        n_units=None,
        surrogates=surrogates,
        progress=tqdm(disable=True),
    )
    observed = decoder.replicated([ORIGINAL]).reshape(1)
    null = decoder.replicated(decoder.replicates("permutation")).reshape(1, -1)
    p = float(p_value(observed, null)[0]) if null.size else np.nan
    return float(observed[0]), p


def restricted(target: Target) -> Population | None:
    """Return the population that is decoded, if there is one."""
    found, _ = decodable({"V4": target}, folds=FOLDS, where="")
    return found["V4"][0] if found else None


def of_levels(made: Population, confound: np.ndarray) -> Levels:
    """Return the levels of a confound."""
    return levels({"V4": [made]}, {"V4": {"s": confound}}, folds=FOLDS)["V4"]


def balance(made: Population, confound: np.ndarray) -> Population | None:
    """Return a population in which a variable is balanced, if that is possible."""
    target = balanced([made], of_levels(made, confound), folds=FOLDS).target
    return restricted(target)


def controlled(made: Population, confound: np.ndarray) -> dict[str, Population | None]:
    """Return the populations that are decoded: without control, and with each."""
    out = adjusted([made], {"s": confound}, of_levels(made, confound), FOLDS)
    even = balance(made, confound)
    return {
        "none": made,
        "regressed out": restricted(out),
        "balanced": None if even is None else shuffled_within({"V4": [even]})["V4"][0],
    }


def control_experiment(number: int, name: str, world: World, of: Study) -> dict[str, Any]:
    """Decode one data set without control and with each; None where this is impossible."""
    rates, label, confound = drawn(world, stream(SEED, "controls", name, number))
    found: dict[str, Any] = {}
    # Every data set has shuffles and splits of its own.
    own = replace(of, seed=number)
    for control, member in controlled(population(rates, label), confound).items():
        found[control] = None
        # The label is above chance without control, by construction, so only its accuracy counts.
        settings = own if control != "none" else replace(own, dataset=study(0).dataset)
        with contextlib.suppress(InputError):
            if member is not None:
                found[control] = decoded(member, settings)
    return found


def decodanda_accuracy(rates: np.ndarray, action: np.ndarray, stimulus: np.ndarray) -> float:
    """Return the balanced accuracy of the action by decodanda, with the decoder of this package."""
    from decodanda import Decodanda

    data = {"raster": rates, "stimulus": stimulus, "action": action, "trial": np.arange(len(rates))}
    decoder = make_pipeline(StandardScaler(), LogisticRegression(C=1.0))
    # It prints, and draws from NumPy's global source of random numbers.
    with contextlib.redirect_stdout(io.StringIO()):
        peer = Decodanda(data, {"stimulus": [0, 1], "action": [0, 1]}, classifier=decoder)
        found = peer.decode_dichotomy("action", training_fraction=0.5, cross_validations=5)
    return float(np.mean(found))


def balance_experiment(number: int, of_action: float, of: Study) -> dict[str, float]:
    """Decode the action in one entangled data set: raw, balanced, with as few trials, by a peer."""
    rates, action, stimulus = entangled(
        stream(SEED, "balance", of_action, number), of_action=of_action
    )
    made = population(rates, action)
    even = balance(made, stimulus)
    cells = np.bincount(2 * action + stimulus, minlength=4)
    # Balance and the peer need trials of each action and stimulus on both sides.
    if even is None or cells.min() < 3:
        return {}
    own = replace(of, seed=number)
    few = subsampled({"V4": [even]}, FOLDS)["V4"][0]
    # The peer draws, with replacement, as many trials of each class and value as the most frequent
    # of these combinations has.
    found = {
        "raw": decoded(made, own)[0],
        "balanced": decoded(even, own)[0],
        "resampled": decoded(replace(even, pseudotrials=2 * int(cells.max())), own)[0],
        "subsampled": decoded(few, own)[0],
    }
    with contextlib.suppress(ImportError):
        np.random.seed(number)  # noqa: NPY002
        found["decodanda"] = decodanda_accuracy(rates, action, stimulus)
    return found


# --- counts ------------------------------------------------------------------------------------


def controls(n: int) -> dict[str, Any]:
    """Count significant labels, and average accuracy, in each world and with each control."""
    of, results = study(), {}
    for name, world in CONTROLLED.items():
        found = [control_experiment(k, name, world, of) for k in tqdm(range(n), name, leave=False)]
        results[name] = {
            control: summarised([each[control] for each in found]) for control in found[0]
        }
        print(name, json.dumps(results[name]), flush=True)
    return results


def summarised(found: list[tuple[float, float] | None]) -> dict[str, Any]:
    """Return the mean accuracy, the rate of p <= alpha with its interval, and how many count."""
    values = np.array([each for each in found if each is not None]).reshape(-1, 2)
    summary: dict[str, Any] = {"n": len(values), "drawn": len(found)}
    if not len(values):
        return summary
    summary["accuracy"] = float(values[:, 0].mean())
    if np.isfinite(values).all():
        k = int((values[:, 1] <= ALPHA).sum())
        low, high = stats.binomtest(k, len(values)).proportion_ci(method="exact")
        summary["significant"] = {"rate": k / len(values), "low": float(low), "high": float(high)}
    return summary


def balance_of_actions(n: int) -> dict[str, Any]:
    """Average the accuracy of the action, with the standard error over data sets."""
    of, results = study(permutations=0, draws=5), {}
    for name, of_action in ENTANGLED.items():
        found = [balance_experiment(k, of_action, of) for k in tqdm(range(n), name, leave=False)]
        complete = [each for each in found if each]
        results[name] = {"n": len(complete), "drawn": n}
        for way in complete[0]:
            values = np.array([each[way] for each in complete])
            results[name][way] = {
                "mean": float(values.mean()),
                "se": float(stats.sem(values)),
            }
        print(name, json.dumps(results[name]), flush=True)
    return results


PARTS: dict[str, Callable[[int], dict[str, Any]]] = {
    "controls": controls,
    "balance": balance_of_actions,
}


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--datasets", type=int, default=400, help="data sets behind each rate")
    parser.add_argument("--write", action="store_true", help="keep the rates for the documentation")
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; parts: {', '.join(PARTS)}")
    for part in given.parts or PARTS:
        found = PARTS[part](given.datasets)
        save(f"confounds-{part}", found)
        if given.write:
            kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
            KEPT.write_text(json.dumps({**kept, part: found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

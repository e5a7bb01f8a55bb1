r"""Why the overlap of one code is below 1 in studies of the size of the original one.

    python -m benchmarks.overlap_bias

For one code in two tasks A and B, d' is the product of the efficiency e of the decoders of the
trained task and the strength s of the code in the tested task, so that

.. math:: R = \frac{e_A s_B + e_B s_A}{e_A s_A + e_B s_B}
    = 1 - \frac{(e_A - e_B) (s_A - s_B)}{e_A s_A + e_B s_B} .

The geometric mean of both directions, :math:`\sqrt{d'_{AB} d'_{BA} / (d'_{AA} d'_{BB})}`, is 1
whatever e and s are, and their ratios follow from the same four sums over sessions. We print them
for LPFC in simulations as those of `simulated_studies`, in which pro and retro share one code.
docs/original_study.md quotes the means, which are kept in `overlap_bias.json`.
"""

import json
from pathlib import Path

import numpy as np

from benchmarks.calibration import NAME, spike_counts
from benchmarks.simulated_studies import GENERALISATION, SELECTION, original
from neuro_attn.shared_code.of_region import codes_of, tests_of
from neuro_attn.study import Study

KEPT = Path(__file__).with_suffix(".json")
STUDIES = range(200, 208)
"""Seeds that `simulated_studies` does not use."""
REGION = "LPFC"


def sums_of(seed: int) -> dict[tuple[str, str], np.ndarray]:
    """Return d' (first, second, first on second, second on first) of a study, by pair of tasks."""
    dataset = original()
    study = Study(NAME, dataset, seed)
    codes = codes_of(spike_counts(dataset, seed, [REGION]), study, REGION)
    d_primes = np.stack([codes.first, codes.second, codes.across, codes.back])
    return {
        test.tasks: np.nansum(d_primes[:, :, number], axis=1)
        for number, test in enumerate(tests_of(study))
    }


def described(sums: np.ndarray) -> dict[str, float]:
    """Return overlaps, and ratios of the first to the second task, from sums as `sums_of` has."""
    first, second, across, back = sums
    return {
        "overlap": (across + back) / (first + second),
        "geometric mean": np.sqrt(across * back / (first * second)),
        "strength of code": np.sqrt(first * back / (across * second)),
        "efficiency of decoders": np.sqrt(first * across / (back * second)),
    }


def summarised(studies: list[dict[tuple[str, str], np.ndarray]]) -> dict[str, dict[str, float]]:
    """Return the mean and its standard error of every quantity over studies."""
    found: dict[str, list[float]] = {}
    for sums in studies:
        of_pair = {pair: described(sums[pair]) for pair in (GENERALISATION, SELECTION)}
        for pair, values in of_pair.items():
            for name, value in values.items():
                found.setdefault(f"{' and '.join(pair)}, {name}", []).append(value)
        for name in ("overlap", "geometric mean"):
            relative = of_pair[GENERALISATION][name] / of_pair[SELECTION][name]
            found.setdefault(f"relative {name}", []).append(relative)
    return {
        name: {
            "mean": round(float(np.mean(values)), 4),
            "se": round(float(np.std(values, ddof=1) / np.sqrt(len(values))), 4),
            "n": len(values),
        }
        for name, values in found.items()
    }


def main() -> None:
    """Simulate all studies, print the means and keep them."""
    found = summarised([sums_of(seed) for seed in STUDIES])
    for name, each in found.items():
        print(f"{name:<50} {each['mean']:.3f} +- {each['se']:.3f}")
    KEPT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

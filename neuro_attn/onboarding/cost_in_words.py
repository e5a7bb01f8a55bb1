"""The estimated cost of a run as text."""

from neuro_attn.onboarding import text
from neuro_attn.onboarding.cost import RUN_SECONDS, Cost
from neuro_attn.onboarding.needs import DATASET_SECONDS, JOB_SECONDS


def render(cost: Cost) -> list[str]:
    """Return the estimate as lines of text."""
    return [
        *text.wrapped(
            f"Estimated cost: about {duration(cost.seconds)} on {text.count(cost.cores, 'core')}, "
            f"{cost.bytes / 1e9:.1f} GB in the largest job ({cost.largest})",
            "",
            "  ",
        ),
        *text.wrapped(
            f"{text.count(cost.jobs, 'job')}, {cost.processor_seconds / 3600:.2g} processor hours, "
            f"at most {max(cost.disk / 1e9, 0.1):.1f} GB on disk",
            "  ",
            "  ",
        ),
        *text.wrapped(
            f"an estimate: {text.count(cost.populations, 'population')}, {cost.fits:,} fits of "
            f"{cost.decoding_seconds / max(cost.fits, 1) * 1e3:.2g} ms on average "
            f"({duration(cost.decoding_seconds)} on one core), {JOB_SECONDS:g} s to start each job "
            f"and {DATASET_SECONDS:g} s a data set for everything else, shared by the cores, and "
            f"{RUN_SECONDS:g} s for planning and the report. Busy cores take twice as long. "
            "inference.permutations, inference.bootstraps and decoding.draws scale it.",
            "  ",
            "  ",
        ),
    ]


def duration(seconds: float) -> str:
    """Return a duration as text, rounded to the precision of an estimate."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"

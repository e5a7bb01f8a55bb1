"""The methods of an analysis as text to paste into a paper, with its numbers filled in."""

from importlib.metadata import version

from neuro_attn.configuration import AnyDataset
from neuro_attn.configuration.null_models import NULL_MODELS
from neuro_attn.figures.verdict_words import listing

CORRECTIONS = {
    "max": "the maximum statistic over times, windows and regions (Nichols & Holmes 2002)",
    "cluster": "cluster mass over times (Maris & Oostenveld 2007)",
    "fdr": "the false discovery rate over times (Benjamini & Hochberg 1995)",
}
CITATIONS = (
    "Panichello MF, Buschman TJ (2021). Shared mechanisms underlie the control of working memory "
    "and attention. Nature 592, 601-605. doi:10.1038/s41586-021-03390-w",
    "The neuro-attn developers. neuro-attn: cross-task decoding of neural populations and "
    "attention networks. Version {version}.",
    "Nichols TE, Holmes AP (2002). Nonparametric permutation tests for functional neuroimaging. "
    "Human Brain Mapping 15, 1-25.",
    "Pedregosa F et al. (2011). Scikit-learn: machine learning in Python. Journal of Machine "
    "Learning Research 12, 2825-2830.",
)


def methods(name: str, dataset: AnyDataset, sample: str) -> str:
    """Return a paragraph on how a data set was analysed.

    Parameters
    ----------
    name : str
        Name of the data set.
    dataset : settings of a data set
        Its settings.
    sample : str
        What was recorded, such as "8 sessions of 2 subjects".
    """
    decoding, inference = dataset.decoding, dataset.inference
    label = dataset.label if isinstance(dataset.label, str) else listing(dataset.label)
    tasks = listing(dataset.tasks)
    time = dataset.time
    windows = listing(
        f"{window} ({start:g} to {stop:g} s)" for window, (start, stop) in dataset.windows.items()
    )
    parts = [
        f"{name}: we decoded {label} from the firing rates of populations ({sample}) in "
        f"{'the task' if len(dataset.tasks) == 1 else 'the tasks'} {tasks}.",
        f"Rates were counted in bins of {1000 * time.bin:g} ms from {time.start:g} to "
        f"{time.stop:g} s and in the windows {windows}, relative to the event of each task.",
        f"Decoders ({decoding.decoder_label}) were trained on the trials of one task and tested on "
        f"held-out trials of the same task and on trials of the others, with "
        f"{decoding.folds} folds and {decoding.draws} random draws of splits, units and trials "
        f"({decoding.population} populations); performance is {decoding.score_label}.",
        f"P-values are from {inference.permutations} sets of "
        f"{NULL_MODELS[inference.null_model].labels}, corrected by "
        f"{CORRECTIONS[inference.correction]}; confidence intervals "
        f"({100 * inference.confidence:g} %) are from {inference.bootstraps} resamples of trials "
        "and units.",
    ]
    if len(dataset.tasks) > 1:
        parts.append(
            "Whether two tasks share a code was tested with the overlap of their codes, which does "
            "not depend on the strength of the codes (1: one code, 0: unrelated codes), with "
            "sessions as the sample where there were enough of them; codes with an overlap below "
            f"{inference.overlap_bound:g} in an equivalence test count as task-specific."
        )
    return " ".join(parts)


def citations() -> list[str]:
    """Return the references of the methods."""
    return [each.format(version=version("neuro-attn")) for each in CITATIONS]

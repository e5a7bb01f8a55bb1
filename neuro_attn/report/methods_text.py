"""The methods of an analysis as text to paste into a paper, with its numbers filled in."""

from importlib.metadata import version
from typing import NamedTuple

from neuro_attn.configuration import AnyDataset, RecordedDataset
from neuro_attn.configuration.decoders import DECODERS
from neuro_attn.configuration.null_models import NULL_MODELS
from neuro_attn.figures.captions import family
from neuro_attn.figures.verdict_words import listing

CORRECTIONS = {
    "max": "the maximum statistic (Westfall & Young 1993)",
    "cluster": "cluster mass (Maris & Oostenveld 2007)",
    "fdr": "the false discovery rate (Benjamini & Hochberg 1995)",
}
REFERENCES = {
    "Panichello & Buschman 2021": "Panichello MF, Buschman TJ (2021). Shared mechanisms underlie "
    "the control of working memory and attention. Nature 592, 601-605. "
    "doi:10.1038/s41586-021-03390-w",
    "neuro-attn": "The neuro-attn developers. neuro-attn: cross-task decoding of neural "
    "populations and attention networks. Version {version}.",
    "Benjamini & Hochberg 1995": "Benjamini Y, Hochberg Y (1995). Controlling the false discovery "
    "rate: a practical and powerful approach to multiple testing. Journal of the Royal Statistical "
    "Society B 57, 289-300.",
    "Holm 1979": "Holm S (1979). A simple sequentially rejective multiple test procedure. "
    "Scandinavian Journal of Statistics 6, 65-70.",
    "Ledoit & Wolf 2004": "Ledoit O, Wolf M (2004). A well-conditioned estimator for "
    "large-dimensional covariance matrices. Journal of Multivariate Analysis 88, 365-411.",
    "Maris & Oostenveld 2007": "Maris E, Oostenveld R (2007). Nonparametric statistical testing of "
    "EEG- and MEG-data. Journal of Neuroscience Methods 164, 177-190.",
    "Phipson & Smyth 2010": "Phipson B, Smyth GK (2010). Permutation p-values should never be "
    "zero: calculating exact p-values when permutations are randomly drawn. Statistical "
    "Applications in Genetics and Molecular Biology 9, 39.",
    "Schuirmann 1987": "Schuirmann DJ (1987). A comparison of the two one-sided tests procedure "
    "and the power approach for assessing the equivalence of average bioavailability. Journal of "
    "Pharmacokinetics and Biopharmaceutics 15, 657-680.",
    "Westfall & Young 1993": "Westfall PH, Young SS (1993). Resampling-Based Multiple Testing. "
    "Wiley.",
}
"""References, by how the text cites them."""


class Origin(NamedTuple):
    """Reference and licence of recordings; empty where they are not stated."""

    citation: str
    licence: str


def methods(name: str, dataset: AnyDataset, sample: str) -> str:
    """Return a paragraph on how a data set was decoded and how its verdicts were reached.

    Parameters
    ----------
    name : str
        Name of the data set.
    dataset : settings of a data set
        Its settings.
    sample : str
        What was recorded, such as "8 sessions of 2 subjects".
    """
    has_overlaps = len(dataset.tasks) > 1 and dataset.has_classes
    parts = [*_populations(name, dataset, sample), *_origin(dataset)]
    parts += [*_decoders(dataset), *_accuracies(dataset)]
    return " ".join(filter(None, [*parts, *(_overlaps(dataset) if has_overlaps else [])]))


def origin_of(dataset: AnyDataset) -> Origin:
    """Return the reference and the licence of the recordings of a data set."""
    if isinstance(dataset, RecordedDataset):
        return Origin(dataset.citation or "", dataset.licence or "")
    return Origin("", "")


def _origin(dataset: AnyDataset) -> list[str]:
    citation, licence = origin_of(dataset)
    parts = []
    if citation:
        parts.append(f"The recordings are described in: {citation.rstrip('.')}.")
    if licence:
        parts.append(f"The licence of the recordings is {licence.rstrip('.')}.")
    return parts


def citations(text: str) -> list[str]:
    """Return the references that a text cites."""
    return [
        reference.format(version=version("neuro-attn"))
        for cited, reference in REFERENCES.items()
        if cited in text
    ]


def _populations(name: str, dataset: AnyDataset, sample: str) -> list[str]:
    time = dataset.time
    if dataset.label_column:
        kind = "" if dataset.has_classes else f", a {dataset.label_kind} variable,"
        decoded = f"the trial column {dataset.label_column}{kind}"
    else:
        decoded = f"the class of a trial ({listing(dataset.label_expressions, 'or')})"
    windows = listing(f"{window} ({_span(*ends)})" for window, ends in dataset.windows.items())
    return [
        f"{name}: we decoded {decoded} from the firing rates of neural populations ({sample}) with "
        f"neuro-attn {version('neuro-attn')}.",
        f"The {'tasks were' if len(dataset.tasks) > 1 else 'task was'} {listing(dataset.tasks)}.",
        *(
            [
                f"Decoders were also tested, and never trained, on trials of "
                f"{listing(dataset.test_only)}."
            ]
            if dataset.test_only
            else []
        ),
        f"Rates were computed {time.described} from "
        f"{_span(time.start, time.stop)} relative to an event of each task, and averaged over the "
        f"bins of a window: {windows}.",
        "Units of all sessions were combined into pseudopopulations by pairing trials of the same "
        "task and class."
        if dataset.decoding.population == "pseudopopulation"
        else f"Each session was decoded separately, and {_scores(dataset)} were averaged over "
        "sessions.",
    ]


def _scores(dataset: AnyDataset, *, several: bool = True) -> str:
    """Return what decoders are scored by, as "accuracy" or "accuracies"."""
    if dataset.has_classes:
        return "accuracies" if several else "accuracy"
    label = dataset.decoding.score_label
    return f"values of {label}" if several else label


def _span(start: float, stop: float) -> str:
    return f"{start:g} to {stop:g} s".replace("-", "\N{MINUS SIGN}")


def _decoders(dataset: AnyDataset) -> list[str]:
    decoding = dataset.decoding
    units = {
        "matched": "as many units as the smallest population has",
        "all": "all units of a population",
    }.get(str(decoding.units), f"{decoding.units} units of a population")
    tested = "held-out trials of the same task"
    if len(dataset.tasks) > 1:
        tested += " and of every other task (Panichello & Buschman 2021)"
    folds = "folds of whole blocks of trials" if decoding.splits == "blocks" else "folds"
    return [
        f"At each time and in each window, a linear decoder was trained on one task and tested on "
        f"{tested}. The decoder was {decoding.decoder_label}.",
        DECODERS[decoding.decoder].method,
        *([DECODERS[decoding.decoder].method_of_classes] if dataset.has_classes else []),
        f"Trials were split into {decoding.folds} {folds} before resampling, and all "
        f"{'tasks and classes' if dataset.has_classes else 'tasks'} had equal numbers of training "
        f"trials. The {decoding.score_label} is a mean over "
        f"folds and {decoding.draws} random draws, each with {units}.",
    ]


def _accuracies(dataset: AnyDataset) -> list[str]:
    inference, scores = dataset.inference, _scores(dataset, several=False)
    parts = [
        f"P-values of {scores} are from {inference.permutations:,} permutations "
        f"({NULL_MODELS[inference.null_model].labels}; Phipson & Smyth 2010)."
    ]
    if dataset.transfers:
        parts.append(
            "Across tasks, p is the larger of this p-value and that of a null in which the tuning "
            "of random units is mirrored in the tested task."
        )
    over_time, in_windows = (family(inference, axis, "regions") for axis in ("times", "windows"))
    method, maximum = CORRECTIONS[inference.correction], CORRECTIONS["max"]
    corrected = (
        f"over {over_time} (in windows, over {in_windows}) by {maximum}"
        if inference.correction == "max"
        else f"over {over_time} by {method}, and in windows over {in_windows} by {maximum}"
    )
    return [
        *parts,
        f"P-values of {scores} were corrected {corrected}.",
        f"Confidence intervals of {scores} ({100 * inference.confidence:g} %) are percentiles of "
        f"{inference.bootstraps:,} bootstrap resamples of trials and units.",
    ]


def _overlaps(dataset: AnyDataset) -> list[str]:
    inference, bound = dataset.inference, dataset.inference.overlap_bound
    parts = [
        "Whether two tasks share a code was tested with the overlap of their codes, which is 1 for "
        "a shared code, 0 for unrelated codes and \N{MINUS SIGN}1 for a reversed code, whatever "
        "their strength.",
        "For a region, sessions are the sample: linear discriminants (Ledoit & Wolf 2004) were "
        "trained on each task, and the mean over sessions of their sensitivity d' across tasks was "
        "tested by flipping the signs of whole sessions. The overlap is the ratio of d' across "
        "tasks to d' within tasks, with a jackknife over sessions.",
        f"With too few sessions for p < {inference.alpha:g}, conclusions are limited to the "
        "recorded units: the overlap is then the cosine of the two codes in the metric of their "
        "noise covariance, with a jackknife over trials. With enough subjects, subjects are the "
        "sample instead of sessions.",
        "These p-values are two-sided and corrected over the windows and regions of a pair of "
        "tasks, by the maximum over sign flips, and for the recorded units step-down (Holm 1979).",
        f"Codes are called task-specific if their overlap is shown to lie between "
        f"\N{MINUS SIGN}{bound:g} and {bound:g} by an equivalence test (Schuirmann 1987).",
    ]
    if dataset.reference_tasks:
        parts.append(
            "Verdicts rest on overlaps relative to that of the tasks "
            f"{listing(dataset.reference_tasks)}."
        )
    return parts

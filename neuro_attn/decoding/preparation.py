"""What decoding needs before the first fit, and what could stop it after hours."""

from neuro_attn.decoding.population import Population
from neuro_attn.decoding.splits import Replicate, draw_folds, fold_sizes
from neuro_attn.decoding.surrogates import (
    Generator,
    SurrogateLabels,
    check_variety,
    surrogate_labels,
)
from neuro_attn.study import Study


def surrogates_of(
    members: list[Population], study: Study, generator: Generator | None = None
) -> list[SurrogateLabels]:
    """Return the surrogate labels of a region's populations, if there are enough label sets.

    Parameters
    ----------
    members : list of Population
        From `build_populations`.
    study : Study
        The data set.
    generator : callable, optional
        As in `surrogates.surrogate_labels`.

    Raises
    ------
    InputError
        If the null model gives too few label sets for any p-value below alpha.
    """
    surrogates = [surrogate_labels(member, study, generator) for member in members]
    check_variety(members, surrogates, study)
    return surrogates


def check_replicates(
    members: list[Population], surrogates: list[SurrogateLabels], study: Study
) -> None:
    """Draw the labels and folds of all replicates that decoding will draw, without decoding.

    Label sets with the counts of the data always have enough trials, and trials that are split
    within task and class always fill the folds. Most configurations therefore draw nothing here.

    Parameters
    ----------
    members : list of Population
        From `build_populations`.
    surrogates : list of SurrogateLabels
        From `surrogates_of`.
    study : Study
        The data set.

    Raises
    ------
    InputError
        If a label set leaves a class too few trials, or blocks do not fill the folds.
    """
    inference, decoding = study.dataset.inference, study.dataset.decoding
    permutations = [Replicate("permutation", index) for index in range(inference.permutations)]
    bootstraps = [Replicate("bootstrap", index) for index in range(inference.bootstraps)]
    for member, of_member in zip(members, surrogates, strict=True):
        if not of_member.keeps_counts:
            for replicate in permutations:
                for part in member.parts:
                    of_member.draw(part, replicate.index)
        if decoding.splits == "blocks":
            sizes = fold_sizes(member, folds=decoding.folds, pseudotrials=None)
            for replicate in [Replicate("observed"), *permutations, *bootstraps]:
                for draw in range(decoding.draws):
                    folds = draw_folds(
                        member,
                        study,
                        sizes=sizes,
                        surrogates=of_member,
                        draw=draw,
                        replicate=replicate,
                    )
                    next(folds)

"""What decoding needs before the first fit, and what could stop it after hours."""

from neuro_attn.configuration import AnyDataset
from neuro_attn.decoding.nulls import Generator, LabelOrder, check_variety, label_orders
from neuro_attn.decoding.populations import Population
from neuro_attn.decoding.splits import Replicate, draw_folds, fold_sizes


def label_orders_of(
    members: list[Population],
    dataset: AnyDataset,
    seed: int,
    name: str,
    generator: Generator | None = None,
) -> list[LabelOrder]:
    """Return the surrogate labels of a region's populations, if there are enough of them.

    Parameters
    ----------
    members : list of Population
        From `populations`.
    dataset : settings of a data set
        Its decoding and inference.
    seed, name : int, str
        Seed and data set, which name the random streams.
    generator : callable, optional
        As in `nulls.label_orders`.

    Raises
    ------
    InputError
        If the null gives too few label sets for any p-value below alpha.
    """
    inference, folds = dataset.inference, dataset.decoding.folds
    orders = [label_orders(member, inference, folds, seed, name, generator) for member in members]
    check_variety(members, orders, inference, name)
    return orders


def check_replicates(
    members: list[Population],
    orders: list[LabelOrder],
    dataset: AnyDataset,
    seed: int,
    name: str,
) -> None:
    """Draw the labels and folds of all replicates that decoding will draw, without decoding.

    Labels that are shuffled keep their counts, and trials that are split within task and class
    always fill the folds, so most configurations have nothing to draw.

    Parameters
    ----------
    members, dataset, seed, name
        As in `label_orders_of`.
    orders : list of LabelOrder
        What that returned.

    Raises
    ------
    InputError
        If a label set leaves a class too few trials, or blocks do not fill the folds.
    """
    inference, decoding = dataset.inference, dataset.decoding
    permutations = [Replicate("permutation", index) for index in range(inference.permutations)]
    bootstraps = [Replicate("bootstrap", index) for index in range(inference.bootstraps)]
    for member, order in zip(members, orders, strict=True):
        if inference.null == "session_swap":
            for replicate in permutations:
                order(member.parts[0], replicate.index)
        if decoding.splits == "blocks":
            sizes = fold_sizes(member, decoding.folds, None)
            for replicate in [Replicate("observed"), *permutations, *bootstraps]:
                for draw in range(decoding.draws):
                    next(draw_folds(member, decoding, sizes, order, seed, name, draw, replicate))

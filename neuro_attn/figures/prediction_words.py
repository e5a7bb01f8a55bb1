"""Predictions of a continuous label for captions and the answer page."""

from typing import NamedTuple

import pandas as pd

from neuro_attn.configuration import AnyDataset
from neuro_attn.configuration.scores import SCORES
from neuro_attn.figures.region_order import ordered
from neuro_attn.figures.verdict_words import listing
from neuro_attn.inference.significance import significant


class Predicted(NamedTuple):
    """How well a label is predicted in a region and window, or time.

    Parameters
    ----------
    value, chance : float
        Mean over tasks, or over directions between tasks, and the value by chance.
    unit : str
        Their unit; may be empty.
    is_found : bool
        Whether all of them are significantly better than chance.
    """

    value: float
    chance: float
    unit: str
    is_found: bool

    @property
    def text(self) -> str:
        """The value with its unit."""
        return amount(self.value, self.unit)


def amount(value: float, unit: str) -> str:
    """Return a value with its unit: "38 degrees", or two decimals without one.

    Examples
    --------
    >>> amount(38.2, "degrees")
    '38 degrees'
    >>> amount(0.614, "")
    '0.61'
    """
    text = f"{value:.0f} {unit}" if unit else f"{value:.2f}"
    return text.replace("-", "\N{MINUS SIGN}")


def predicted(rows: pd.DataFrame, alpha: float) -> dict[str, Predicted]:
    """Return the predictions within and across tasks, by ``within`` and ``across`` if they exist.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of a table of predictions, of all sessions together, in one region and window.
    alpha : float
        Level of the tests.
    """
    found = {}
    is_within = rows["train_task"] == rows["test_task"]
    trained = rows["test_task"].isin(rows["train_task"])
    for kind, members in (("within", rows[is_within]), ("across", rows[~is_within & trained])):
        if len(members):
            found[kind] = Predicted(
                float(members["value"].mean()),
                float(members["chance"].mean()),
                str(members["unit"].iloc[0]),
                bool(significant(members["p_corrected"], alpha).all()),
            )
    return found


def as_course(predictions: pd.DataFrame) -> pd.DataFrame:
    """Return predictions over time with the column names of accuracies, as charts take them."""
    return predictions.rename(columns={"value": "accuracy"})


def headline(predictions: pd.DataFrame, dataset: AnyDataset) -> str:
    """Return in which regions the label is predicted within and across tasks, in words.

    Regions are in the order of figures.

    Parameters
    ----------
    predictions : pandas.DataFrame
        The table of predictions in windows.
    dataset : AnyDataset
        Settings of the data set.
    """
    label, score = dataset.label_column, SCORES[dataset.decoding.score].label
    rows = predictions[predictions["session"] == "all"]
    sentences, without = [], []
    for region in ordered(rows["region"]):
        of_region, texts = rows[rows["region"] == region], []
        for window, here in of_region.groupby("window", sort=False):
            kinds = predicted(here, dataset.inference.alpha)
            if any(each.is_found for each in kinds.values()):
                texts.append(_in_window(str(window), kinds))
        if texts:
            sentences.append(f"In {region}, {label} is decoded: {score} {'; '.join(texts)}.")
        else:
            without.append(region)
    if without:
        sentences.append(f"{label} is not decoded significantly: {listing(without)}.")
    return " ".join(sentences)


def _in_window(window: str, kinds: dict[str, Predicted]) -> str:
    names = {"within": "within tasks" if "across" in kinds else "on held-out trials"}
    names["across"] = "across tasks"
    parts = [
        f"{each.text} {names[kind]}{'' if each.is_found else ' (not significant)'}"
        for kind, each in kinds.items()
    ]
    chance = amount(kinds["within"].chance, kinds["within"].unit)
    return f"{listing(parts)} ({window}; chance {chance})"

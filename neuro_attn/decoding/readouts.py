"""Linear readouts: what every decoder of `decoders` returns, and how one is fitted to rates."""

from importlib import import_module
from typing import NamedTuple

import numpy as np

from neuro_attn.configuration import Decoding
from neuro_attn.configuration.decoders import DECODERS
from neuro_attn.configuration.labels import CLASSES
from neuro_attn.solver import standardize, unstandardized
from neuro_attn.solver.numba_utils import has_compiled_code
from neuro_attn.solver.standardization import Units


class Readouts(NamedTuple):
    """Linear readouts, with one output for two classes, otherwise one for each class.

    Decision values are x w + b. Their meaning is part of the protocol of `decoders`.

    Parameters
    ----------
    weights : array, shape (problem, unit, label set, output)
        w.
    intercept : array, shape (problem, label set, output)
        b.
    converged : array of bool, shape (problem, label set)
        Whether the fit converged; always true for decoders with a closed form.
    """

    weights: np.ndarray
    intercept: np.ndarray
    converged: np.ndarray


class Fitted(NamedTuple):
    """Readouts of standardised units.

    Parameters
    ----------
    data : array, shape (problem, row, unit)
        The standardised training data.
    units : Units
        How they were standardised.
    readouts : Readouts
        Fitted to them.
    """

    data: np.ndarray
    units: Units
    readouts: Readouts

    def on_rates(self, origin: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Return weights and intercept for rates less an origin; see `unstandardized`."""
        weights, intercept, _ = self.readouts
        return unstandardized(weights, intercept, self.units, origin=origin)


def fit_readouts(
    rates: np.ndarray,
    labels: np.ndarray,
    *,
    n_classes: int,
    settings: Decoding,
    copies: np.ndarray | None = None,
    widths: np.ndarray | None = None,
) -> Fitted:
    """Standardise rates and fit the configured decoder to them.

    Parameters
    ----------
    rates : array, shape (problem, row, unit)
        Training data.
    labels : array of int, shape (row, label set)
        Class numbers from 0; all classes are equally frequent.
    n_classes : int
        Number of classes.
    settings : Decoding
        The decoder, its settings, and whether units are divided by their SD.
    copies : array of int, shape (problem, row), optional
        How many rows the trial of each row has; by default one.
    widths : array, shape (problem,), optional
        Widths of the bins or windows, s; by default 1, so that rates are counts.
    """
    data, units = standardize(rates, scale=settings.standardize)
    if copies is None:
        copies = np.ones(rates.shape[:2], int)
    if widths is None:
        widths = np.ones(len(rates))
    inputs = {"copies": copies, "rates": rates, "units": units, "widths": widths}
    needed = {name: inputs[name] for name in DECODERS[settings.decoder].needs}
    decoder = import_module(f"neuro_attn.decoding.decoders.{settings.decoder}")
    readouts = decoder.fit(data, labels, n_classes, **needed, **settings.decoder_settings)
    return Fitted(data, units, readouts)


def fit_predictors(
    rates: np.ndarray, targets: np.ndarray, settings: Decoding, *, copies: np.ndarray
) -> Fitted:
    """Standardise rates and fit the configured decoder of a continuous label, in double precision.

    Parameters
    ----------
    rates : array, shape (problem, row, unit)
        Training data.
    targets : array, shape (row, label set, output)
        What is predicted, such as cosine and sine of an angle.
    settings : Decoding
        The decoder, its settings, and whether units are divided by their SD.
    copies : array of int, shape (row,)
        How many rows the trial of each row has.
    """
    data, units = standardize(rates, scale=settings.standardize, dtype=np.dtype(np.float64))
    decoder = import_module(f"neuro_attn.decoding.decoders.{settings.decoder}")
    repeated = np.broadcast_to(copies, data.shape[:2])
    readouts = decoder.fit_targets(data, targets, copies=repeated, **settings.decoder_settings)
    return Fitted(data, units, readouts)


def compile_decoder(settings: Decoding) -> None:
    """Compile the code of a decoder, unless this kind of processor has compiled code.

    A job that many others follow does this, since each of them would otherwise wait until one of
    them has compiled it.
    """
    if has_compiled_code():
        return
    # Four rows of each class, the classes one after the other, as in a fold.
    rates = np.arange(24, dtype=np.float32).reshape(1, 8, 3) % 5
    labels = np.repeat([0, 1], 4)[:, None]
    if CLASSES in DECODERS[settings.decoder].label_kinds:
        fitted = fit_readouts(rates, labels, n_classes=2, settings=settings)
    else:
        targets = labels[:, None].astype(float)
        fitted = fit_predictors(rates, targets, settings, copies=np.ones(8, int))
    fitted.on_rates(np.zeros((1, 3), np.float32))

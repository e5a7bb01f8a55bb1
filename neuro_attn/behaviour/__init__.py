"""Behaviour: errors of continuous reports, and the mixture of precise, swapped and random ones."""

from neuro_attn.behaviour.circular import circular_error, circular_sd
from neuro_attn.behaviour.mixture import Mixture, fit_mixture

__all__ = ["Mixture", "circular_error", "circular_sd", "fit_mixture"]

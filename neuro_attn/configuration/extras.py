"""Optional packages, and code of the user, that a configuration requires."""

from importlib.util import find_spec

from neuro_attn import trusted_code
from neuro_attn.configuration.families import family_file, is_own
from neuro_attn.configuration.settings import Configuration
from neuro_attn.errors import InputError

_OF_NETWORKS = ("jax", "equinox", "optax")
"""Packages of the extra `networks` (pyproject.toml)."""


def check_extras(settings: Configuration) -> None:
    """Raise `InputError` if a configuration has networks and their packages are not installed.

    Parameters
    ----------
    settings : Configuration
        The configuration.
    """
    keys = ["networks"] * bool(settings.networks_to_train()) + [*settings.skills()]
    missing = [name for name in _OF_NETWORKS if find_spec(name) is None]
    if keys and missing:
        raise InputError(
            keys[0],
            "the extra networks of neuro-attn is not installed: networks need "
            f"{', '.join(_OF_NETWORKS)}; missing: {', '.join(missing)}.",
            "Run pip install 'neuro-attn[networks]', or remove "
            f"{' and '.join(keys)} from the configuration.",
        )


def check_code(settings: Configuration) -> None:
    """Raise `InputError` if a network has a family in a file that the command line does not trust.

    Parameters
    ----------
    settings : Configuration
        The configuration.
    """
    for name, network in settings.networks_to_train().items():
        if not is_own(network.family):
            trusted_code.trusted_source(family_file(network.family), f"networks.{name}.family")

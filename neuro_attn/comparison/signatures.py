"""Signatures: decoding results of a region or network population as one labelled vector.

Regions and network populations are decoded in the same way and thus have the same features: the
sensitivity d' (`decoding.sensitivity`) of every pair of training and test task in every
named window. If colours are defined, colour information and the overlap of colour planes are added
(`colors`).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.errors import InputError
from neuro_attn.inference.intervals import centred, interval
from neuro_attn.results import columns_of

LEFT_OUT_COLUMNS = columns_of("signatures_left_out")
D_PRIME = "d_prime "
"""Prefix of the names of features that are sensitivities."""
MIN_SD = 0.05
"""Lower bound of the SD of a d'. Without a code, 800 test trials of each class have this SD."""
FEWEST_SDS = 3.0
"""Smallest difference between no transfer and full transfer to distinguish codes, bootstrap SDs."""
ABSENT = "absent"
"""Attribute of a file of signatures: what they lack as a whole (`Absent`)."""
SESSIONS = ("session", "code_session")
"""Dimensions of a signature that populations can have in different numbers: sessions of decoding,
of which a pseudopopulation is one, and sessions of codes."""
FEATURE = ("train_task", "test_task", "window")
"""Dimensions of a decoding result that together identify a sensitivity."""


def signature(decoding: xr.Dataset) -> xr.Dataset:
    """Compute the signature of a region or population from its decoding results.

    Parameters
    ----------
    decoding : xarray.Dataset
        Contains d': ``window_d_prime`` (session, train_task, test_task, window, draw),
        ``window_bootstrap`` (session, train_task, test_task, window, replicate) and
        ``half_d_prime`` (session, train_task, test_task, window, half, draw), in two disjoint
        random halves of the units of each draw.

    Returns
    -------
    xarray.Dataset
        Variables on ``feature``, with labels such as 'd_prime pro->retro cue', averaged over
        sessions (for networks, over replicate networks): ``value`` (feature), mean over draws;
        ``sd`` (feature), SD over bootstrap replicates; ``replicates`` (replicate, feature);
        ``draws`` (draw, feature); ``halves`` (half, draw, feature), not averaged over draws,
        because each draw has other halves. ``sessions`` (session, feature) is not averaged over
        sessions. The coordinate ``within`` (feature) is True within tasks. Attributes are those
        of `decoding`, and ``d_prime``, the mean d' within tasks.

    Raises
    ------
    InputError
        If a variable is not finite for a feature.
    """
    means = decoding[["window_d_prime", "window_bootstrap", "half_d_prime"]].mean("session")
    replicates = _by_feature(means["window_bootstrap"])
    result = xr.Dataset(
        {
            "value": _by_feature(means["window_d_prime"].mean("draw")),
            "sd": replicates.std("replicate", ddof=1),
            "replicates": replicates.transpose("replicate", "feature"),
            "draws": _by_feature(means["window_d_prime"]).transpose("draw", "feature"),
            "sessions": _by_feature(decoding["window_d_prime"].mean("draw")).transpose(
                "session", "feature"
            ),
            "halves": _by_feature(means["half_d_prime"]).transpose("half", "draw", "feature"),
        },
        attrs=decoding.attrs,
    )
    for name, variable in result.data_vars.items():
        finite = np.isfinite(variable.transpose(..., "feature").values)
        if not finite.all():
            each = finite.reshape(-1, result.sizes["feature"]).all(axis=0)
            lacking = ", ".join(result["feature"].values[~each])
            raise InputError(
                f"decoding of {decoding.attrs.get('region', 'a region')}",
                f"{name} is not finite for the features: {lacking}.",
            )
    within = result["value"][result["within"].values]
    return result.assign_attrs(d_prime=float(within.mean()))


def _by_feature(values: xr.DataArray) -> xr.DataArray:
    """Stack the dimensions `FEATURE` into one, with labels such as 'd_prime pro->retro cue'."""
    stacked = values.stack(feature=FEATURE)
    labels = [
        f"{D_PRIME}{train}->{test} {window}" for train, test, window in stacked.indexes["feature"]
    ]
    within = [train == test for train, test, _ in stacked.indexes["feature"]]
    return stacked.drop_vars(["feature", *FEATURE]).assign_coords(
        feature=labels, within=("feature", within)
    )


def in_windows_of(region: xr.Dataset, named: Mapping[str, Sequence[str]]) -> xr.Dataset:
    """Return the signature of a region without the windows in which a network is not compared.

    Parameters
    ----------
    region : xarray.Dataset
        Signature of the region.
    named : mapping
        Attributes of the network's signature: ``windows``, in which it is compared, and
        ``all_windows``. Without them, the region is returned as it is.
    """
    everywhere = named.get("all_windows", [])
    left_out = set(everywhere) - set(named.get("windows", []))
    if not left_out:
        return region
    kept = [
        max((w for w in everywhere if name.endswith(f" {w}")), key=len, default="") not in left_out
        for name in region["feature"].values
    ]
    rest = region.isel(feature=kept)
    within = rest["value"][rest["within"].values]
    return rest.assign_attrs(d_prime=float(within.mean()))


def why_no_code(region: xr.Dataset, confidence: float) -> str:
    """Return the reason why a region has no code to compare with; empty if it has one.

    Either d' within tasks is not above 0, or it is so low that no transfer and full transfer are
    indistinguishable in all windows. Any network matched to such a region would be close to it,
    whatever its code.

    Parameters
    ----------
    region : xarray.Dataset
        Signature of the region.
    confidence : float
        Coverage of the confidence interval of d'.
    """
    within, d_prime = region["within"].values, region.attrs["d_prime"]
    moved = centred(np.array(d_prime), region["replicates"][:, within].mean("feature").values)
    if not interval(moved, confidence)[0] > 0:
        return f"the interval of its d' within tasks ({d_prime:.2f}) reaches 0"
    value, sd = (of_tasks(region[name]) for name in ("value", "sd"))
    n_tasks = len(value)
    full = np.einsum("ttw->tw", value)[:, None]
    apart = (full / np.maximum(sd, MIN_SD))[~np.eye(n_tasks, dtype=bool)].max(initial=-np.inf)
    if n_tasks > 1 and apart < FEWEST_SDS:
        return (
            f"its d' within tasks ({d_prime:.2f}) is so low that no transfer and full "
            f"transfer are at most {apart:.1f} bootstrap SDs apart; {FEWEST_SDS:g} are needed"
        )
    return ""


def of_tasks(values: xr.DataArray) -> np.ndarray:
    """Return the sensitivities of a signature's variable, (..., train_task, test_task, window).

    Parameters
    ----------
    values : xarray.DataArray, shape (..., feature)
        Sensitivities come first, in the order of `FEATURE`; colour features may follow.
    """
    is_d_prime = [name.startswith(D_PRIME) for name in values["feature"].values]
    n_tasks = sum(is_d_prime) // int(values["within"].sum())
    found = values.transpose(..., "feature").values[..., is_d_prime]
    return found.reshape(*found.shape[:-1], n_tasks, n_tasks, -1)


def least_sd(features: Iterable[str]) -> np.ndarray:
    """Return the lower bound of the SD of each feature, shape (feature,)."""
    return np.where([name.startswith(D_PRIME) for name in features], MIN_SD, 1e-9)


def decodable(region: xr.Dataset, confidence: float) -> bool:
    """Return whether a region has a code to compare with; see `why_no_code`."""
    return not why_no_code(region, confidence)


class Absent(NamedTuple):
    """Features that a population's signature lacks, and why; all of them if it has no signature."""

    dataset: str
    region: str
    feature: str
    reason: str


def together(signatures: Sequence[xr.Dataset], absent: Sequence[Absent] = ()) -> xr.Dataset:
    """Combine signatures into one Dataset with the dimension ``signature``, for writing.

    `apart` and `absent_of` reverse it.

    Parameters
    ----------
    signatures : sequence of xarray.Dataset
        The signatures of a data set.
    absent : sequence of Absent
        What they lack as a whole.
    """
    attributes = [json.dumps(each.attrs) for each in signatures]
    listed = {ABSENT: json.dumps(absent)}
    if not signatures:
        return xr.Dataset({"attributes": ("signature", np.array([], dtype=str))}, attrs=listed)
    # Features in order of first occurrence; an outer join would sort them.
    features = list(dict.fromkeys(name for each in signatures for name in each["feature"].values))
    counts = {dim: max(each.sizes.get(dim, 0) for each in signatures) for dim in SESSIONS}
    extended = {dim: range(n) for dim, n in counts.items() if n}
    stacked = [
        each.assign(within=each["within"].reset_coords(drop=True) * 1.0)
        .assign({f"n_{dim}s": each.sizes[dim] for dim in extended})
        .assign_coords({dim: range(each.sizes[dim]) for dim in extended})
        .reindex({**extended, "feature": features})
        .drop_vars(list(extended))
        for each in signatures
    ]
    whole = xr.concat(stacked, "signature", join="exact", combine_attrs="drop")
    return whole.assign(attributes=("signature", attributes)).assign_attrs(listed)


def absent_of(whole: xr.Dataset) -> list[Absent]:
    """Return what the signatures of the Dataset from `together` lack as a whole."""
    return [Absent(*each) for each in json.loads(whole.attrs[ABSENT])]


def apart(whole: xr.Dataset) -> list[xr.Dataset]:
    """Split the Dataset from `together` into signatures."""
    found = []
    for number in range(whole.sizes["signature"]):
        one = whole.isel(signature=number)
        one = one.isel(feature=np.isfinite(one["value"].values))
        n_sessions = {dim: int(one[f"n_{dim}s"]) for dim in SESSIONS if dim in one.dims}
        one = one.isel({dim: slice(n) for dim, n in n_sessions.items()})
        attributes = json.loads(str(one["attributes"].values))
        one = one.drop_vars(["attributes", *(f"n_{dim}s" for dim in n_sessions)])
        one.attrs = attributes
        found.append(one.assign_coords(within=one["within"].astype(bool)))
    return found


def signature_table(signatures: Sequence[xr.Dataset]) -> pd.DataFrame:
    """Return signatures as a table with dataset, region, matched_to, feature, value and sd."""
    tables = [
        pd.DataFrame(
            {
                **{name: each.attrs[name] for name in ("dataset", "region", "matched_to")},
                "feature": each["feature"].values,
                "value": each["value"].values,
                "sd": each["sd"].values,
            }
        )
        for each in signatures
    ]
    return pd.concat(tables, ignore_index=True)


def left_out_table(
    brain: Sequence[xr.Dataset],
    networks: Sequence[xr.Dataset],
    confidence: float,
    absent: Sequence[Absent] = (),
) -> pd.DataFrame:
    """Return a table of the features missing in signatures, with reasons.

    Regions without a code and populations without a signature have one row for all features.
    Regions to which a population is matched share a row if the reason is the same.

    Parameters
    ----------
    brain, networks : sequence of xarray.Dataset
        Signatures of regions and of network populations.
    confidence : float
        See `why_no_code`.
    absent : sequence of Absent
        Populations without a signature, and windows that are left out.

    Returns
    -------
    pandas.DataFrame
        Columns dataset, region, matched_to, feature and reason.
    """
    matched: dict[tuple[str, ...], list[str]] = {}
    for each in [*brain, *networks]:
        for feature, reason in json.loads(each.attrs["left_out"]).items():
            key = (each.attrs["dataset"], each.attrs["region"], feature, reason)
            matched.setdefault(key, []).append(each.attrs["matched_to"])
    rows = [
        (dataset, region, ", ".join(regions), feature, reason)
        for (dataset, region, feature, reason), regions in matched.items()
    ]
    rows += [
        (each.attrs["dataset"], each.attrs["region"], "", "all", reason)
        for each in brain
        if (reason := why_no_code(each, confidence))
    ]
    rows += [(each.dataset, each.region, "", each.feature, each.reason) for each in absent]
    return pd.DataFrame(rows, columns=LEFT_OUT_COLUMNS)

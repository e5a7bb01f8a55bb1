"""Known results on real recordings, where they are at hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.io
import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from neuro_attn import decoding, sources
from neuro_attn.configuration import load, parse
from neuro_attn.decoding.population_decoder import ORIGINAL, PopulationDecoder
from neuro_attn.decoding.preparation import surrogates_of
from neuro_attn.onboarding import inspection
from neuro_attn.shared_code.tables import tables_of
from neuro_attn.study import Study
from tests import formats

pytestmark = pytest.mark.slow
CONFIG = Path(__file__).parents[1] / "config"


def observed(config: str, name: str, region: str, folder: Path, draws: int):
    """Decode a region of a data set as its config says, with hardly any null."""
    keys = yaml.safe_load((CONFIG / config).read_text(encoding="utf-8"))
    keys["decoding"] = {**keys.get("decoding", {}), "draws": draws, "unit_counts": [20]}
    keys["inference"] = {"permutations": 1, "bootstraps": 20}
    dataset = parse(keys).datasets[name]
    recordings = sources.read(name, dataset, folder, 1)
    table = decoding.regions_table(recordings, Study(name, dataset, 1))
    members = decoding.build_populations(recordings, Study(name, dataset, 1), region)
    n_units = decoding.units_per_draw(dataset, table)
    return decoding.decode_region(
        members, Study(name, dataset, 1), region=region, n_units=n_units
    ), table


def test_object_identity_transfers_between_positions_as_computed_independently(real_data):
    expected = np.array([[0.903, 0.730, 0.732], [0.735, 0.989, 0.841], [0.708, 0.867, 0.932]])
    result, _ = observed("zhang_desimone.yaml", "zhang_desimone", "IT", real_data, draws=2)
    accuracy = result["window_accuracy"].mean("draw").isel(session=0)
    accuracy = accuracy.sel(window="response")
    assert list(accuracy["train_task"].values) == ["upper", "middle", "lower"]
    assert abs(accuracy.values - expected).max() < 0.06


def test_the_highest_correlation_decodes_objects_as_neurodecoder_does(real_data):
    """The matrix that the package NeuroDecodeR published, by its classifier and 18 splits.

    Over four seeds, the largest difference was 0.015 to 0.017.
    """
    published = np.array([[0.919, 0.654, 0.657], [0.756, 0.981, 0.813], [0.713, 0.847, 0.947]])
    keys = yaml.safe_load((CONFIG / "zhang_desimone.yaml").read_text(encoding="utf-8"))
    written = keys["datasets"]["zhang_desimone"] | {
        "time": {"start": 0.1, "stop": 0.5, "bin": 0.4},
        "decoding": {
            "decoder": "max_correlation",
            "population": "pseudopopulation",
            "folds": 18,
            "draws": 20,
            "units": "all",
        },
    }
    study = Study("objects", parse({"datasets": {"objects": written}}).datasets["objects"], 1)
    recordings = sources.read("objects", study.dataset, real_data, 1)
    members = decoding.build_populations(recordings, study, "IT")
    (surrogates,) = surrogates_of(members, study)
    decoder = PopulationDecoder(
        members[0],
        study,
        region="IT",
        n_units=None,
        surrogates=surrogates,
        progress=tqdm(disable=True),
    )
    accuracy = decoder.replicated([ORIGINAL])[0, :, :, -1, -1]
    assert abs(accuracy - published).max() < 0.02


@pytest.fixture(scope="module")
def side(real_data):
    return observed("steinmetz2019.yaml", "steinmetz2019_side", "MOp", real_data, draws=3)


def test_motor_cortex_tells_the_side_of_the_stimulus(side):
    accuracy = side[0]["window_accuracy"].mean("draw").sel(session="session11")
    assert float(accuracy.squeeze()) >= 0.88


def test_unrewarded_trials_are_decoded_as_by_scikit_learn(real_data):
    """Decoders are trained on rewarded trials; by hand, with other random splits of these.

    The mean of a draw over five folds has an SD of 0.015, so the difference of two means of 20
    draws has one of 0.005, and exceeds the tolerance by chance in 1 of 20,000 runs.
    """
    keys = yaml.safe_load((CONFIG / "steinmetz2019.yaml").read_text(encoding="utf-8"))
    written = keys["datasets"]["steinmetz2019_side"] | {
        "files": "steinmetz2019/session11.nwb",
        "regions": {"column": "location", "include": ["MOp"]},
        "time": {"start": 0.06, "stop": 0.4, "bin": 0.34},
        "test_only": {
            "unrewarded": {"trials": "feedback_type == -1", "align": "stimulus_onset"},
        },
        "decoding": {"folds": 5, "draws": 20, "units": "all", "unit_counts": []},
        "inference": {"permutations": 1, "bootstraps": 20},
    }
    dataset = parse({"datasets": {"side": written}}).datasets["side"]
    study = Study("side", dataset, 1)
    (recording,) = sources.read("side", dataset, real_data, 1)
    members = decoding.build_populations([recording], study, "MOp")
    found = decoding.decode_region(members, study, region="MOp", n_units=None, progress=False)
    accuracy = found["window_accuracy"].mean("draw").squeeze()

    of_window = recording["rates"].values[..., 0]
    label, task = recording["label"].values.astype(str), recording["task"].values
    rewarded, unrewarded = (np.flatnonzero(task == name) for name in ("rewarded", "unrewarded"))
    assert (
        0
        < int(found["n_test"].sel(test_task="unrewarded").squeeze())
        == len(unrewarded)
        < len(rewarded)
    )
    by_hand, rng = [], np.random.default_rng(0)
    splits = RepeatedStratifiedKFold(n_splits=5, n_repeats=20, random_state=0)
    for train, _ in splits.split(rewarded, label[rewarded]):
        own = rewarded[train]
        n = min((label[own] == side).sum() for side in ("left", "right"))
        # Equal numbers from the whole session: the last trials differ from the others.
        equal = np.concatenate(
            [rng.choice(own[label[own] == side], n, replace=False) for side in ("left", "right")]
        )
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        model.fit(of_window[equal], label[equal])
        by_hand.append(
            balanced_accuracy_score(label[unrewarded], model.predict(of_window[unrewarded]))
        )
    assert float(accuracy.sel(test_task="unrewarded")) == pytest.approx(np.mean(by_hand), abs=0.02)


def test_root_is_no_region(side):
    assert "root" not in set(side[1]["region"])


def test_every_region_with_twenty_units_transfers_from_unilateral_to_bilateral(real_data):
    result, table = observed("steinmetz2019.yaml", "steinmetz2019", "PT", real_data, draws=1)
    assert {"unilateral", "bilateral"} == set(result["train_task"].values)
    assert table["n_units"].min() >= 20
    assert table["region"].nunique() >= 25


def overlaps(name: str, folder: Path, regions: list[str]):
    """Return the tables of shared codes of regions, as the configuration says."""
    dataset = load(CONFIG / f"{name}.yaml").datasets[name]
    recordings = sources.read(name, dataset, folder, 1)
    return tables_of(recordings, Study(name, dataset, 1), regions)


def test_sessions_of_mice_are_the_sample_of_a_region(real_data):
    """Five sessions of four mice: p is the smallest that so few allow, and the verdict open."""
    found = overlaps("steinmetz2019", real_data, ["SUB"])
    table = found.overlap.query("level == 'the region' and subject == 'all'")
    (row,) = table.itertuples()
    assert (row.n_sessions, row.n_subjects) == (5, 4)
    assert row.p_value == row.smallest_p == 2 / 2**5
    assert row.ci_low > 0
    assert not set(found.verdicts["verdict"]) & {"shared", "reversed", "task-specific"}


def test_object_identity_is_shared_between_positions_in_the_region(real_data):
    found = overlaps("zhang_desimone", real_data, ["IT"]).verdicts
    assert (found["level"] == "the region").all()
    assert (found["verdict"] == "shared").all()
    assert found["overlap"].between(0.7, 0.9).all()


def test_a_real_raster_its_table_and_its_binned_means_give_the_same_rates(real_data, tmp_path):
    """Both are made as NDT and NeuroDecodeR make them: samples from 1, the event's begins at 0."""
    path = real_data / "zhang_desimone" / "bp1001spk_01A_raster_data.mat"
    if not path.is_file():
        pytest.skip(f"no rasters in {path.parent}")
    found = scipy.io.loadmat(path)
    counts = found["raster_data"]
    event = int(found["raster_site_info"]["alignment_event_time"].item().item())
    labels = {
        name: [str(cell.item()) for cell in found["raster_labels"][name].item().ravel()]
        for name in ("stimulus_ID", "stimulus_position")
    }
    (tmp_path / path.name).write_bytes(path.read_bytes())
    first = 1 - event
    names = [f"time.{first + n}_{first + n + 1}" for n in range(counts.shape[1])]
    table = pd.DataFrame(counts, columns=names)
    for name, values in labels.items():
        table.insert(0, f"labels.{name}", values)
    table.to_csv(tmp_path / "unit.csv", index=False)
    starts = np.arange(1, counts.shape[1] - 150 + 2, 50)
    means = np.stack([counts[:, s - 1 : s + 149].mean(axis=1) for s in starts], axis=1)
    content = {
        "binned_data": formats.cells([means]),
        "binned_labels": {k: formats.cells([formats.cells(v)]) for k, v in labels.items()},
        "binned_site_info": {
            "alignment_event_time": float(event),
            "binning_parameters": {"bin_width": 150.0, "sampling_interval": 50.0},
        },
    }
    scipy.io.savemat(tmp_path / "binned.mat", content)
    keys = {
        "label": "stimulus_ID",
        "time": {"start": -0.45, "stop": 0.45, "bin": 0.15},
        "windows": {"all": [-0.45, 0.45]},
        "decoding": {"population": "pseudopopulation"},
    }
    rates = []
    for source, files in (("raster", path.name), ("raster", "unit.csv"), ("binned", "binned.mat")):
        align = {} if source == "binned" else {"align": "onset"}
        tasks = {p: {"trials": f"stimulus_position == '{p}'", **align} for p in ("upper", "lower")}
        written = {**keys, "source": source, "files": files, "tasks": tasks}
        dataset = parse({"datasets": {"zhang": written}}).datasets["zhang"]
        (made,) = sources.read("zhang", dataset, tmp_path, 0)
        rates.append(made["rates"].values)
    assert rates[0].sum() > 0
    np.testing.assert_allclose(rates[1], rates[0], rtol=1e-5)
    np.testing.assert_allclose(rates[2], rates[0], rtol=1e-5)


def test_averages_over_trials_are_recognised(real_data):
    path = real_data / "panichello_buschman" / "planesDemo.mat"
    if not path.is_file():
        pytest.skip(f"no {path}")
    (found,) = inspection.describe([str(path)])
    assert found["sessions"][0]["also"] == ["array 'dat' (8 x 380)"]
    assert "averages over trials cannot be decoded" in found["warnings"][0]

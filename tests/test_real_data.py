"""Known results on real recordings, where they are at hand."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from neuro_attn import decoding, sources
from neuro_attn.configuration import parse

CONFIG = Path(__file__).parents[1] / "config"


def observed(config: str, name: str, region: str, folder: Path, draws: int):
    """Decode a region of a data set as its config says, with hardly any null."""
    keys = yaml.safe_load((CONFIG / config).read_text(encoding="utf-8"))
    keys["decoding"] = {**keys.get("decoding", {}), "draws": draws, "unit_counts": [20]}
    keys["inference"] = {"permutations": 1, "bootstraps": 20}
    dataset = parse(keys).datasets[name]
    recordings = sources.read(name, dataset, folder, 1)
    table = decoding.regions_table(recordings, name, dataset)
    members = decoding.populations(recordings, name, dataset, region)
    n_units = decoding.units_per_draw(dataset, table)
    return decoding.decode_region(members, dataset, n_units, 1, name, region), table


def test_object_identity_transfers_between_positions_as_computed_independently(real_data):
    expected = np.array([[0.903, 0.730, 0.732], [0.735, 0.989, 0.841], [0.708, 0.867, 0.932]])
    result, _ = observed("zhang_desimone.yaml", "zhang_desimone", "IT", real_data, draws=2)
    accuracy = result["window_accuracy"].mean("draw").isel(session=0)
    accuracy = accuracy.sel(window="response")
    assert list(accuracy["train_task"].values) == ["upper", "middle", "lower"]
    assert abs(accuracy.values - expected).max() < 0.06


@pytest.fixture(scope="module")
def side(real_data):
    return observed("steinmetz2019.yaml", "steinmetz2019_side", "MOp", real_data, draws=3)


def test_motor_cortex_tells_the_side_of_the_stimulus(side):
    accuracy = side[0]["window_accuracy"].mean("draw").sel(session="session11")
    assert float(accuracy.squeeze()) >= 0.88


def test_root_is_no_region(side):
    assert "root" not in set(side[1]["region"])


def test_every_region_with_twenty_units_transfers_from_unilateral_to_bilateral(real_data):
    result, table = observed("steinmetz2019.yaml", "steinmetz2019", "PT", real_data, draws=1)
    assert {"unilateral", "bilateral"} == set(result["train_task"].values)
    assert table["n_units"].min() >= 20
    assert table["region"].nunique() >= 25

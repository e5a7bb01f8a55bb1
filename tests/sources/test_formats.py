"""The same planted session gives the same rates from every format."""

import numpy as np
import pytest

from neuro_attn import sources
from neuro_attn.configuration import parse
from tests import formats


@pytest.mark.parametrize("source", formats.EVERY)
def test_every_format_gives_the_planted_rates(source, tmp_path):
    session = formats.planted()
    keys = formats.write(source, tmp_path, session)
    dataset = parse({"datasets": {"planted": keys}}).datasets["planted"]
    recordings = sources.read("planted", dataset, tmp_path, 0)
    expected = formats.rates_of(session)
    assert sum(made.sizes["unit"] for made in recordings) == expected.shape[1]
    found = np.concatenate([made["rates"].values for made in recordings], axis=1)
    if source == "matlab":  # It orders trials by condition.
        order = session.trials.assign(row=range(len(expected))).sort_values(["side", "order"])
        expected = expected[order["row"]]
    assert {*recordings[0]["region"].values} == {"V4"}
    # Phy's clock counts samples, so a spike next to an edge may fall on its other side.
    wrong = ~np.isclose(found, expected, atol=1e-3)
    assert wrong.mean() < 0.002

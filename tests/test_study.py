"""A study: random streams that depend on names alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn.configuration import Decoding
from neuro_attn.randomness import stream
from tests.studies import study_of

names = st.text(min_size=1)


@given(seed=st.integers(0, 2**32), name=names, purpose=names, rest=st.lists(names, max_size=3))
def test_the_streams_of_a_study_are_named_by_purpose_then_data_set(seed, name, purpose, rest):
    study = study_of(seed=seed, name=name)
    expected = stream(seed, purpose, name, *rest).integers(2**63, size=4)
    np.testing.assert_array_equal(study.rng(purpose, *rest).integers(2**63, size=4), expected)


def test_settings_do_not_change_the_streams_of_a_study():
    one, other = study_of(), study_of(Decoding(folds=5))
    assert one.rng("split").random() == other.rng("split").random()
    assert one.rng("split").random() != study_of(seed=2).rng("split").random()
    assert one.rng("split").random() != study_of(name="other").rng("split").random()


def test_messages_name_the_full_path_of_a_key():
    assert study_of(name="mine").key("decoding.folds") == "datasets.mine.decoding.folds"

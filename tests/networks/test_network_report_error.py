"""Trained as the default run trains them, networks report colours well on both tasks."""

import pytest

from neuro_attn import networks
from neuro_attn.configuration import Network


@pytest.mark.slow
@pytest.mark.parametrize("family", ["seq2seq", "bahdanau"])
def test_the_report_error_is_at_most_fifteen_degrees_on_both_tasks(family):
    # After 600 of the 1,000 steps, no error of two seeds of each family was above 10 degrees.
    _, log = networks.train(Network(family=family), 1, family, 0)
    last = log.iloc[-1]
    assert last["report_error_pro"] <= 15
    assert last["report_error_retro"] <= 15

"""Sequence to sequence without attention: all that is reported passes through one vector."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np


def test_populations(ran):
    activations, attention = ran("seq2seq")
    sizes = {name: states.shape[2] for name, states in activations.items()}
    assert sizes == {"encoder": 8, "decoder": 8}
    assert attention == {}


def test_the_first_state_of_the_decoder_is_the_last_one_online(built, ran, seen):
    model, inputs = built["seq2seq"], jnp.asarray(seen[0])
    context = model.encode(inputs)[-1]
    first, _ = model.decoder.step(context, *model.decoder.begin(context))
    np.testing.assert_allclose(ran("seq2seq")[0]["decoder"][0, -1], first, atol=1e-6)
    np.testing.assert_allclose(model.decoder.readout(first), model(inputs)[0], atol=1e-6)


def test_the_trial_is_known_only_through_the_last_state_of_the_encoder(built, seen):
    model, one, other = built["seq2seq"], jnp.asarray(seen[0]), jnp.asarray(seen[1])
    context = model.encode(other)[-1]
    # Another trial's c, whatever the inputs were, gives that trial's report.
    np.testing.assert_allclose(model.decode(context), model(other), atol=1e-6)
    fixed = eqx.tree_at(lambda m: m.encoder, model, lambda inputs, present: context[None])
    np.testing.assert_array_equal(fixed(one), fixed(other))
    assert np.any(model(one) != model(other))

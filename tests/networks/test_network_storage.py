import equinox as eqx
import jax
import numpy as np
import pytest

from neuro_attn.errors import InputError
from neuro_attn.networks import FAMILIES, load_weights, save_weights
from neuro_attn.networks.trials import CHANNELS


class Trap:
    """Something whose unpickling would be noticed."""

    def __reduce__(self):
        return (pytest.fail, ("a pickle was loaded",))


def test_weights_come_back_exactly(tmp_path, model, family, small):
    save_weights(model, tmp_path / "weights.npz")
    other = FAMILIES[family](jax.random.key(9), len(CHANNELS), 2, small(family))
    loaded = load_weights(tmp_path / "weights.npz", like=other)
    assert jax.tree.structure(loaded) == jax.tree.structure(model)
    arrays = (jax.tree.leaves(eqx.filter(each, eqx.is_array)) for each in (loaded, model))
    for got, expected in zip(*arrays, strict=True):
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected)


def test_arrays_are_named_by_the_fields_of_the_network_and_files_are_the_same_bytes(
    tmp_path, built
):
    for name in ("one.npz", "two.npz"):
        save_weights(built["seq2seq"], tmp_path / name)
    with np.load(tmp_path / "one.npz") as file:
        assert "encoder.cell.weight_hh" in file.files
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_a_file_with_a_pickle_inside_is_refused_unread(tmp_path, built):
    path = tmp_path / "weights.npz"
    np.savez(path, **{"readout.bias": np.array([Trap()], dtype=object)})
    with pytest.raises(InputError, match=r"weights\.npz: is not a file of weights"):
        load_weights(path, like=built["seq2seq"])


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04 cut", b"\x93NUMPY"])
def test_a_damaged_file_is_an_input_error(tmp_path, built, content):
    path = tmp_path / "weights.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not a file of weights"):
        load_weights(path, like=built["seq2seq"])


def test_a_missing_file_is_an_input_error(tmp_path, built):
    with pytest.raises(InputError, match="no such file"):
        load_weights(tmp_path / "none.npz", like=built["seq2seq"])


def test_weights_of_another_network_are_an_input_error(tmp_path, built):
    path = tmp_path / "weights.npz"
    save_weights(built["seq2seq"], path)
    with pytest.raises(InputError, match=r"weights of another network: decoder\.attention"):
        load_weights(path, like=built["bahdanau"])
    other = eqx.tree_at(lambda model: model.decoder.readout.bias, built["seq2seq"], np.zeros(3))
    with pytest.raises(InputError, match=r"readout\.bias has shape \(2,\), expected \(3,\)"):
        load_weights(path, like=other)

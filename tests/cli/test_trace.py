"""`seqviz trace`: every named array of one probe, in a file that numpy reads."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def traced(command, tmp_path):
    def run(source, *more):
        out = tmp_path / "deep" / "arrays.npz"
        status, printed, _ = command("trace", source, "--out", out, *more)
        assert status == 0
        with np.load(out) as file:
            arrays = dict(file)
        assert [line.split()[0] for line in printed.splitlines()] == sorted(arrays)
        return arrays

    return run


def test_a_preset_gives_states_gates_losses_and_gradient_maps(traced, preset):
    arrays = traced(preset)
    length = len("The cat saw a dog.")
    for gate in ("input_gate", "forget_gate", "output_gate", "cell_candidate", "hidden_state", "cell_state"):
        assert arrays[f"layers.0.{gate}"].shape == (length, 8)
    assert arrays["losses"].shape == arrays["surprisal"].shape == (length,)
    assert np.isnan(arrays["surprisal"][0])
    for site in ("layers.0.hidden_state", "layers.0.cell_state"):
        itemised = arrays[f"gradient.itemised.{site}"]
        assert itemised.shape == (length, length)
        assert np.isnan(itemised[np.triu_indices(length, 1)]).all()
        assert (itemised[np.tril_indices(length - 1)] >= 0).all()
        assert arrays[f"gradient.total.{site}"].shape == (length,)
        assert arrays[f"gradient.half_life.{site}"].shape == (3,)


def test_the_probe_is_the_ruler_of_what_is_traced(traced, preset):
    assert traced(preset, "--probe", "a dog")["losses"].shape == (5,)


def test_a_run_is_traced_with_its_trained_weights(traced, train, preset, tmp_path):
    train("--steps", 40, "--set", "optimizer.learning_rate=0.02", "--out", tmp_path / "run")
    fresh, trained = traced(preset), traced(tmp_path / "run")
    assert set(fresh) == set(trained)
    assert np.nanmean(trained["losses"]) < np.nanmean(fresh["losses"]) - 0.2


def test_a_run_whose_text_has_vanished_can_be_traced(command, train, tmp_path, text_file):
    train("--set", "probe=", "--out", tmp_path / "run")
    text_file.unlink()
    out = tmp_path / "arrays.npz"
    assert command("trace", tmp_path / "run", "--out", out)[0] == 0
    with np.load(out) as arrays:
        assert "gradient.itemised.layers.0.hidden_state" in arrays


@pytest.mark.parametrize(("model", "names"), [
    ("transformer", ("blocks.0.attention.pattern", "blocks.0.attention.scores", "gradient.itemised.embedding")),
    ("rnn", ("layers.0.hidden_state", "gradient.itemised.layers.0.hidden_state")),
    ("gru", ("layers.0.reset_gate", "layers.0.update_gate", "layers.0.candidate")),
])  # fmt: skip
def test_each_architecture_names_its_own_arrays(model, names, command, preset, tmp_path):
    text = preset.read_text().replace('"lstm"', f'"{model}"')
    if model == "transformer":
        text = text.replace("d_hidden = 8\nd_embedding = 4", "d_model = 8\nn_heads = 2\nn_layers = 1")
    preset.write_text(text)
    out = tmp_path / "arrays.npz"
    assert command("trace", preset, "--out", out)[0] == 0
    with np.load(out) as arrays:
        assert set(names) <= set(arrays)


@pytest.mark.parametrize("probe", ["", "a"])
def test_a_probe_too_short_to_predict_in_is_refused(probe, refused, preset, tmp_path):
    line = refused("trace", preset, "--probe", probe, "--out", tmp_path / "x.npz")
    assert line.startswith("seqviz: probe: ")
    assert not (tmp_path / "x.npz").exists()


def test_unseen_characters_of_the_probe_are_named(command, preset, tmp_path):
    status, _, err = command("trace", preset, "--probe", "The €", "--out", tmp_path / "x.npz")
    assert status == 0
    assert "replaced: €" in err


def test_a_file_that_cannot_be_written_is_refused(refused, preset, text_file):
    assert refused("trace", preset, "--out", text_file / "x.npz").startswith("seqviz: --out: ")


def test_a_race_is_not_traced_as_a_whole(command, tmp_path):
    status, _, told = command("trace", "races/six-on-stories", "--out", tmp_path / "arrays.npz")
    assert status == 2
    assert "races/six-on-stories: is a race of 6 models; trace the run folder of one racer" in told

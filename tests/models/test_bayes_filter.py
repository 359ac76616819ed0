from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from seqviz.core.batch import Batch, Field
from seqviz.core.corridor import SYMBOLS, Corridor, filtered, parse_map
from seqviz.core.interface import Interface, Space
from seqviz.models.base import Context
from seqviz.models.bayes_filter import BayesFilter, BayesFilterConfig

CONFIG = BayesFilterConfig(doors="D..D.", move_error=0.3, sensor_error=0.2)
STEPS = 5


def make(config: BayesFilterConfig = CONFIG, cells: int = 5) -> BayesFilter:
    return BayesFilter(config, Interface(Space("tokens", len(SYMBOLS)), Space("tokens", cells), "softmax", STEPS))


def walk(*symbols: str) -> Batch:
    ids = torch.tensor([[SYMBOLS.index(s) for s in symbols]])
    axes = ("batch", "t")
    return Batch({"tokens": Field(ids, axes)}, {"tokens": Field(torch.zeros_like(ids), axes)})


def several(rows: int = 4) -> Batch:
    ids = torch.randint(len(SYMBOLS), (rows, STEPS), generator=torch.Generator().manual_seed(3))
    axes = ("batch", "t")
    return Batch({"tokens": Field(ids, axes)}, {"tokens": Field(torch.zeros_like(ids), axes)})


def over_all_paths(symbols: list[int]) -> np.ndarray:
    """p(cell at the end | symbols): the sum over every path, from a start in any cell."""
    doors, e, s = [True, False, False, True, False], CONFIG.move_error, CONFIG.sensor_error
    weights = np.zeros(5)
    for start, *path in itertools.product(range(5), repeat=len(symbols) + 1):
        weight, here = 1 / 5, start
        for symbol, there in zip(symbols, path, strict=True):
            direction = (0, 1, -1)[symbol // 2]
            reaches = [(1, 1 - e), (0, e / 2), (2, e / 2)]
            weight *= sum(share for far, share in reaches if min(max(here + far * direction, 0), 4) == there)
            right = (symbol % 2 == 1) == doors[there]
            weight *= 1 - s if right else s
            here = there
        weights[here] += weight
    return weights / weights.sum()


@pytest.mark.parametrize("row", [0, 1, 2])
@pytest.mark.parametrize("steps", [1, 2, 4])
def test_it_equals_the_sum_over_all_paths(row: int, steps: int) -> None:
    batch = several()
    shares = make().forward(batch, Context()).predictive.log_probs().exp()
    expected = over_all_paths(batch.inputs["tokens"].values[row, :steps].tolist())
    np.testing.assert_allclose(shares[row, steps - 1], expected, rtol=1e-9)


def test_it_equals_the_forward_pass_of_a_hidden_markov_model() -> None:
    """Told only to go right, the transitions are those of one HMM, whose forward pass is written out by hmmlearn."""
    hmm = pytest.importorskip("hmmlearn.hmm")
    model = make()
    reference = hmm.CategoricalHMM(5)
    reference.transmat_ = model.motion[1].numpy()
    reference.emissionprob_ = model.sensor.T.numpy()
    reference.startprob_ = np.full(5, 1 / 5) @ reference.transmat_
    readings = [0, 1, 0, 0, 1]
    for t in range(1, len(readings) + 1):
        posterior = reference.predict_proba(np.array(readings[:t])[:, None])[-1]  # at the end smoothing is filtering
        batch = walk(*(("→.", "→D")[reading] for reading in readings[:t]))
        shares = model.forward(batch, Context()).predictive.log_probs().exp()
        np.testing.assert_allclose(shares[0, -1], posterior, rtol=1e-9)


def test_it_equals_the_filter_that_the_corpus_draws_its_line_with() -> None:
    batch = several()
    world = Corridor(parse_map(CONFIG.doors, "doors"), CONFIG.move_error, CONFIG.sensor_error)
    expected = filtered(world, batch.inputs["tokens"].values.numpy())
    np.testing.assert_allclose(make().forward(batch, Context()).predictive.log_probs().exp(), expected, rtol=1e-9)


def test_the_trace_goes_from_belief_to_belief_in_two_halves() -> None:
    model, batch = make(), several()
    arrays = {name: array.values for name, array in model.trace(batch).arrays.items()}
    predicted, likelihood, updated = (arrays[f"belief.{n}"] for n in ("predicted", "likelihood", "updated"))
    weighed = predicted * likelihood
    torch.testing.assert_close(updated, weighed / weighed.sum(-1, keepdim=True))
    moves = batch.inputs["tokens"].values // 2
    for t in range(1, STEPS):
        moved = torch.einsum("bc,bcd->bd", updated[:, t - 1], model.motion[moves[:, t]])
        torch.testing.assert_close(predicted[:, t], moved)


def test_a_door_seen_first_leaves_the_cells_with_doors() -> None:
    shares = make().forward(walk("D"), Context()).predictive.log_probs().exp()[0, 0]
    torch.testing.assert_close(shares, torch.tensor([4.0, 1, 1, 4, 1], dtype=torch.float64) / 11)


def test_moving_without_errors_and_hearing_nothing_new_shifts_the_belief() -> None:
    model = make(BayesFilterConfig(doors="D..D.", move_error=0.0, sensor_error=0.5))
    context = Context(state=torch.tensor([[0.7, 0.3, 0, 0, 0]], dtype=torch.float64))
    shares = model.forward(walk("→.", "→."), context).predictive.log_probs().exp()
    torch.testing.assert_close(shares[0, 1], torch.tensor([0, 0, 0.7, 0.3, 0], dtype=torch.float64))


def test_another_corridor_than_its_map_is_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match=r"^model\.doors: the filter's map has 5 cells, the corridor 7$"):
        make(cells=7)


def test_other_symbols_than_commands_and_readings_are_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match=r"^model\.name: "):
        BayesFilter(CONFIG, Interface(Space("tokens", 10), Space("tokens", 5), "softmax", STEPS))


def test_a_map_that_is_none_is_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match=r"^model\.doors: draw "):
        make(BayesFilterConfig(doors="door"))

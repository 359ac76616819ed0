"""Each condition trips at the step and with the number that a plain recomputation gives, and not below its limit."""

from __future__ import annotations

import math
import statistics

import pytest
import torch

from seqviz.analysis import Subject
from seqviz.analysis.itemised import naive_itemised
from seqviz.core.breakpoints import BreakpointDescription
from seqviz.core.events import StepMetrics
from seqviz.core.lab_commands import BreakpointSetting
from seqviz.core.lab_events import RunHalted
from seqviz.training.breakpoints import breakpoints, describe_breakpoints, make_breakpoint, parse_setting
from seqviz.training.breakpoints.loss_spike import middle_and_spread
from seqviz.training.builder import build
from seqviz.training.guard import AT_LEAST_EVERY, LOOK_ROWS
from seqviz.training.ports import NoStore
from seqviz.training.trainer import Trainer


class Recorder:
    """Notes what every step of a run without breakpoints does, the slow way."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.norms: list[float] = []
        self.ratios: list[float] = []
        self.batches: list[object] = []
        self.weights: list[dict[str, torch.Tensor]] = []

    def before_clip(self, learner, step):
        self.losses.append(step.loss)
        squares = sum(float((p.grad.double() ** 2).sum()) for p in learner.model.parameters())
        self.norms.append(math.sqrt(squares))
        self.batches.append(step.batch)
        self.weights.append({n: p.detach().clone() for n, p in learner.model.named_parameters()})

    def before_update(self, learner, step):
        pass

    def after_update(self, learner, step):
        found = []
        for name, new in learner.model.named_parameters():
            old = self.weights[-1][name].double()
            if new.ndim >= 2 and float(old.norm()) > 0:
                found.append(float((new.detach().double() - old).norm() / old.norm()))
        self.ratios.append(max(found))


def recorded(config) -> tuple[Trainer, Recorder]:
    trainer = Trainer(build(config), NoStore(), lambda event: None)
    trainer.begin()
    recorder = Recorder()
    trainer.learner.onlookers.append(recorder)
    for _ in trainer.turns():
        pass
    return trainer, recorder


def halts_of(config, setting) -> tuple[Trainer, list[RunHalted]]:
    """Where a run halts for the first time."""
    events: list[object] = []
    trainer = Trainer(build(config), NoStore(), events.append)
    trainer.begin()
    assert trainer.stop_at([setting]) == ()
    for _ in trainer.turns():
        if trainer.status == "halted":
            break
    return trainer, [e for e in events if isinstance(e, RunHalted)]


@pytest.mark.parametrize("name", ["norms", "ratios"])
def test_norm_and_ratio_trip_at_the_first_step_beyond_the_limit(name, make_config):
    config = make_config("lstm", model__dropout=0.2)
    values = getattr(recorded(config)[1], name)
    breakpoint_name = {"norms": "grad_norm", "ratios": "update_ratio"}[name]
    last = max(range(1, len(values)), key=values.__getitem__)
    limit = (max(values[:last]) + values[last]) / 2 if values[last] > max(values[:last]) else sorted(values)[-2]
    first = next(index for index, value in enumerate(values) if value > limit)
    _, halts = halts_of(config, BreakpointSetting(breakpoint_name, limit))
    assert halts[0].step == first + 1
    assert halts[0].value == pytest.approx(values[first], rel=1e-5)
    assert halts_of(config, BreakpointSetting(breakpoint_name, max(values) * 1.0001))[1] == []


def test_the_tensor_of_a_gradient_norm_is_the_one_with_the_largest_gradient(make_config):
    config = make_config("rnn")
    trainer, halts = halts_of(config, BreakpointSetting("grad_norm", 0.0))
    fresh = build(config)
    with fresh.randomness:
        batch = fresh.task.feeder(False).next(4, fresh.randomness.data)
        fresh.model.train()
        tensors = trainer.learner.tensors(batch)
        output = fresh.model.forward(tensors, type("C", (), {"state": None, "progress": 0.0, "generator": None})())
        total, count = fresh.task.objective(output, tensors)
    (total / count).backward()
    assert halts[0].tensor == max(fresh.model.named_parameters(), key=lambda item: float(item[1].grad.norm()))[0]
    row = next(r for r in batch.inputs["tokens"].values if tuple(fresh.task.labels[i] for i in r) == halts[0].excerpt)
    alone = Subject(fresh.model, tensors.convert(lambda v: v))
    graph = alone.graph
    loss = torch.nanmean(graph.losses, dim=1).nansum()
    states = next(site for name, site in graph.sites.items() if name.endswith("hidden_state")).steps
    norms = torch.stack([g.norm(dim=-1) for g in torch.autograd.grad(loss, states)], dim=1)  # (B, T)
    assert halts[0].position == int(norms.max(dim=0).values.argmax())
    assert (batch.inputs["tokens"].values[int(norms.max(dim=1).values.argmax())] == row).all()


def test_a_loss_spike_is_counted_in_spreads_of_the_last_losses(make_config):
    config = make_config("rnn", training__steps=40, optimizer__learning_rate=1e-6)
    losses = recorded(config)[1].losses
    scores = []
    for index, loss in enumerate(losses):
        last = losses[max(0, index - 32) : index]
        middle = statistics.median(last) if last else math.nan
        spread = 1.4826 * statistics.median(abs(one - middle) for one in last) if last else math.nan
        scores.append((loss - middle) / spread if len(last) >= 8 else -math.inf)
    best = max(scores)
    first = scores.index(best)
    _, halts = halts_of(config, BreakpointSetting("loss_spike", sorted(scores)[-2] * 1.000001))
    assert halts[0].step == first + 1
    assert halts[0].value == pytest.approx(best, rel=1e-4)
    assert halts_of(config, BreakpointSetting("loss_spike", best * 1.0001))[1] == []


def test_the_spread_of_a_normal_distribution_is_its_deviation():
    draws = torch.randn(20_001, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).numpy()
    middle, spread = middle_and_spread(3 + 2 * draws)
    assert middle == pytest.approx(3, abs=0.05)
    assert spread == pytest.approx(2, abs=0.05)


def first_rows_subject(trainer: Trainer, recorder: Recorder, index: int) -> Subject:
    """The model as it stood at a step, before rows of that step's batch."""
    model = trainer.model
    model.load_arrays({**model.state_arrays(), **recorder.weights[index]})
    return Subject(model, recorder.batches[index].convert(lambda values: values[:LOOK_ROWS]))


def test_the_itemised_gradient_is_the_double_loops_mean_along_the_diagonal(make_config):
    config = make_config("lstm", training__steps=1)
    trainer, recorder = recorded(config)
    subject = first_rows_subject(trainer, recorder, 0)
    shares = {}
    for site in ("layers.0.hidden_state", "layers.0.cell_state"):
        cells = naive_itemised(subject, site).mean(dim=0)  # (T, T)
        far = torch.stack([cells[t, t - 5] for t in range(5, len(cells))]).mean()
        shares[site] = float(far / cells.diagonal().mean())
    site = max(shares, key=shares.__getitem__)
    _, halts = halts_of(config, BreakpointSetting("itemised_gradient", shares[site] * 1.01, 5))
    assert halts[0].value == pytest.approx(shares[site], rel=1e-4)
    assert halts[0].tensor == site
    each = naive_itemised(subject, site)  # (B, T, T)
    diagonal = torch.stack([each[:, s + 5, s] for s in range(each.shape[1] - 5)], dim=1)
    assert halts[0].position == int(diagonal.min(dim=0).values.argmin())
    assert "looked at step 1" in halts[0].text
    assert halts_of(config, BreakpointSetting("itemised_gradient", shares[site] * 0.99, 5))[1] == []


@pytest.mark.parametrize(("model", "gate"), [("lstm", "forget_gate"), ("gru", "update_gate")])
def test_the_forget_gate_is_the_mean_over_units_positions_and_rows_of_the_lowest_layer(model, gate, make_config):
    config = make_config(model, training__steps=1, model__n_layers=2)
    trainer, recorder = recorded(config)
    arrays = first_rows_subject(trainer, recorder, 0).trace.arrays
    gates = {f"layers.{n}.{gate}": arrays[f"layers.{n}.{gate}"].values for n in (0, 1)}
    name = min(gates, key=lambda n: float(gates[n].double().mean()))
    value = float(gates[name].double().mean())
    _, halts = halts_of(config, BreakpointSetting("forget_gate", value * 1.001))
    assert (halts[0].tensor, halts[0].value) == (name, pytest.approx(value, rel=1e-5))
    assert halts[0].position == int(gates[name].mean(dim=-1).min(dim=0).values.argmin())
    assert halts_of(config, BreakpointSetting("forget_gate", value * 0.999))[1] == []


def test_attention_entropy_is_that_of_the_narrowest_head(make_config):
    config = make_config("transformer", training__steps=1)
    trainer, recorder = recorded(config)
    arrays = first_rows_subject(trainer, recorder, 0).trace.arrays
    found = {}
    for block in (0, 1):
        pattern = arrays[f"blocks.{block}.attention.pattern"].values.double()
        bits = -(pattern * pattern.clamp_min(1e-300).log2()).sum(dim=-1)[:, :, 1:]  # (B, head, query)
        found |= {(block, head): float(bits[:, head].mean()) for head in range(bits.shape[1])}
    (block, head), value = min(found.items(), key=lambda item: item[1])
    _, halts = halts_of(config, BreakpointSetting("attention_entropy", value * 1.001))
    assert halts[0].tensor == f"blocks.{block}.attention.pattern"
    assert f"head {head + 1}" in halts[0].text
    assert halts[0].value == pytest.approx(value, rel=1e-5)
    assert halts_of(config, BreakpointSetting("attention_entropy", value * 0.999))[1] == []


def test_dear_conditions_look_at_least_every_so_many_steps_and_say_when(make_config):
    events: list[object] = []
    config = make_config("lstm", training__steps=3 * AT_LEAST_EVERY)
    trainer = Trainer(build(config), NoStore(), events.append)
    trainer.begin()
    trainer.stop_at([BreakpointSetting("forget_gate", 0.0)])
    assert trainer.guard is not None
    trainer.guard.budget.share = 0.0  # no time at all for looking
    looked = set()
    for _ in trainer.turns():
        looked |= set(trainer.guard.looked_at.get("forget_gate", []))
    assert sorted(looked) == [1, 1 + AT_LEAST_EVERY, 1 + 2 * AT_LEAST_EVERY]


def test_a_run_is_as_long_and_its_losses_the_same_whether_it_is_guarded_or_not(make_config):
    config = make_config("transformer", model__dropout=0.2)
    told = []
    for settings in ([], [BreakpointSetting("attention_entropy", 0.0), BreakpointSetting("itemised_gradient", 0.0, 4)]):
        events: list[object] = []
        trainer = Trainer(build(config), NoStore(), events.append)
        trainer.begin()
        trainer.stop_at(settings)
        for _ in trainer.turns():
            pass
        told.append([(e.loss, e.grad_norm) for e in events if isinstance(e, StepMetrics)])
    assert told[0] == told[1]


def test_every_condition_is_described_for_the_window():
    told = describe_breakpoints()
    assert {one.name for one in told} == set(breakpoints.names())
    assert [one.order for one in told] == sorted(one.order for one in told)
    for one in told:
        assert isinstance(one, BreakpointDescription)
        assert one.title
        assert one.help
        assert one.quantity


def test_a_setting_is_read_from_the_command_line():
    assert parse_setting("grad_norm=5") == BreakpointSetting("grad_norm", 5.0, 0)
    assert parse_setting("itemised_gradient@12=1e-3") == BreakpointSetting("itemised_gradient", 1e-3, 12)
    assert parse_setting("itemised_gradient").distance == 20
    assert parse_setting("nan").name == "nan"
    for wrong in ("nonsense=1", "grad_norm=lots", "itemised_gradient@0=1", "grad_norm=inf"):
        with pytest.raises(ValueError, match=r"breakpoint|write NAME|distance|number"):
            parse_setting(wrong)


def test_a_value_that_is_no_number_meets_nothing():
    assert not make_breakpoint(BreakpointSetting("grad_norm", 1.0)).met(math.nan)
    assert make_breakpoint(BreakpointSetting("forget_gate", 0.3)).met(0.29)
    assert not make_breakpoint(BreakpointSetting("forget_gate", 0.3)).met(0.3)

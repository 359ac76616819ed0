"""Where a weight matrix gets its gradient: dL/dW is a sum over the positions of the probe, and here are its terms.

    y_t = W x_t + b          =>          dL/dW = sum_t g_t,    g_t = delta_t x_t^T,    delta_t = dL/dy_t
    by_position[t]  = || g_t ||                         Frobenius norm of what position t alone asks for
    aligned[t]      = <g_t, g> / ||g||^2,  g = dL/dW    the share of g that comes from t; adds up to 1, may be < 0
    cancellation    = || sum_t g_t || / sum_t || g_t ||  1: all positions pull the same way; near 0: they cancel out

L is the mean loss of the probe, as in gradient_norms. In a recurrent net W_hh reads h_{t-1}, so its first position asks
for nothing. A term never needs its matrix: all figures come from the two vectors delta_t and x_t. A convolution's x_t
is the window it reads at t; an embedding's is the one-hot row of the symbol; a layer norm's gain has the normalised x.
With weight normalisation (W = g v / ||v||) the matrix that is used, W, is meant.

Werbos, "Backpropagation through time", 1990.
Axes: T positions, O outputs (rows of W), I inputs (columns of W).
"""

from __future__ import annotations

import torch
from torch import Tensor

from seqviz.analysis import Analysis, Subject, analyses, matches
from seqviz.analysis.backward_scan import scan_back
from seqviz.analysis.gradient_norms import mean_losses
from seqviz.analysis.weight_parts import (
    READS,
    Heard,
    Part,
    Parts,
    Terms,
    listening,
    parameter_names,
    parts_of,
    parts_of_call,
    shares,
    shares_of_terms,
)
from seqviz.analysis.weight_terms import cell_parameters, unrolled_parts
from seqviz.core.batch import Batch
from seqviz.models.base import Context, Model, NeuralModel, in_eval_mode, position_losses
from seqviz.models.one_hot import OneHot
from seqviz.models.output import Output
from seqviz.models.recurrent import RecurrentModel, State, Weights
from seqviz.models.trace import TracedArray
from seqviz.models.unrolled import UnrolledModel

PREFIX = "weight_gradient."
FIGURES = ("by_position", "aligned", "cancellation")


@analyses.register("weight_gradients")
class WeightGradients(Analysis):
    """(batch, t) norms and signed shares by parameter, and (batch, value) how much of the terms survives the sum."""

    provides = (f"{PREFIX}*",)
    cost = "budget"

    def serves(self, model: Model) -> bool:
        if not isinstance(model, NeuralModel) or model.interface.structure != "chain":
            return False
        if isinstance(model, RecurrentModel):
            return True
        known = {p for module in model.modules() if isinstance(module, READS) for p in module.parameters()}
        if isinstance(model, UnrolledModel):
            known |= cell_parameters(model)
        return all(p in known for p in model.parameters() if p.ndim > 1)

    def asked(self, batch: Batch) -> bool:
        """One ruler: inputs and targets lie along the same positions."""
        return batch.structure is None and all(field.axes[:2] == ("batch", "t") for field in batch.inputs.values())

    def compute(self, subject: Subject, wants: frozenset[str]) -> dict[str, TracedArray]:
        found: dict[str, TracedArray] = {}
        if not matches(self.provides[0], wants):
            return found
        for name, parts in weight_parts(subject).items():
            wanted = [figure for figure in FIGURES if matches(f"{PREFIX}{name}.{figure}", wants)]
            figures = shares(parts) if isinstance(parts, list) else shares_of_terms(parts)
            for figure in wanted:
                axes = ("batch", "value" if figure == "cancellation" else "t")
                found[f"{PREFIX}{name}.{figure}"] = TracedArray(figures[figure].unsqueeze(0), axes)
        return found


@torch.no_grad()
def weight_parts(subject: Subject) -> dict[str, list[Part] | Terms]:
    """Every parameter's terms, of the first sequence of the batch (a probe is one)."""
    model = subject.model
    assert isinstance(model, NeuralModel)
    names = parameter_names(model)
    if next(iter(subject.batch.inputs.values())).values.shape[0] > 1:
        subject = Subject(model, subject.batch.convert(lambda values: values[:1]))
    found: dict[str, list[Part] | Terms] = {}
    with in_eval_mode(model):  # dropout would draw random numbers
        if isinstance(model, RecurrentModel):
            found |= _recurrent_parts(subject, model, names)
        elif isinstance(model, UnrolledModel):
            found |= unrolled_parts(subject, model, names)
        else:
            found |= _hooked(subject, names)
    return found


# models made of modules ---------------------------------------------------------------------------------------


def _hooked(subject: Subject, names: dict[Tensor, str]) -> Parts:
    model, batch = subject.model, subject.batch
    assert isinstance(model, NeuralModel)
    with torch.enable_grad(), listening(model.modules()) as heard:
        losses = position_losses(model.forward(batch, Context()), batch)
        loss = mean_losses(losses)
    return parts_of(heard, loss, names, next(iter(batch.inputs.values())).values.shape[1])


# recurrent models, by hand ------------------------------------------------------------------------------------


def _recurrent_parts(subject: Subject, model: RecurrentModel, names: dict[Tensor, str]) -> Parts:
    """The head by its modules, everything below it from the gradients that `scan_back` brings back."""
    batch, trace = subject.batch, subject.trace
    features = trace.arrays[f"layers.{model.n_layers - 1}.{model.states[0]}"].values  # (B, T, H)
    with torch.enable_grad(), listening(model.head.modules()) as heard:
        features = features.detach().requires_grad_()
        loss = mean_losses(position_losses(Output(model.head(features, batch)), batch))
    own = torch.autograd.grad(loss, features, retain_graph=True)[0].unsqueeze(0).unbind(dim=2)  # T of (1, B, H)
    parts = parts_of(heard, loss, names, features.shape[1])

    def join(s: int, rows: Tensor) -> Tensor:
        return rows + own[s] if len(rows) else own[s]

    back = [sites for _, sites in scan_back(model, trace, join, embedding=True)][::-1]
    gradients = {site: torch.stack([at[site][0, 0] for at in back]) for site in back[0]}  # (T, H)
    read = trace.arrays["embedding"].values[0]  # (T, E)
    parts |= _embedding_parts(model, batch, gradients["embedding"], names)
    for layer in range(model.n_layers):
        saved = {name: trace.arrays[f"layers.{layer}.{name}"].values[0] for name in (*model.noted, *model.states)}
        total = {name: gradients[f"layers.{layer}.{name}"] for name in model.states}
        parts |= _layer_parts(model, model.weights(layer), read, saved, total, names)
        read = saved[model.states[0]]
    return parts


def _embedding_parts(model: RecurrentModel, batch: Batch, delta: Tensor, names: dict[Tensor, str]) -> Parts:
    """What turns inputs into vectors, where it has weights."""
    if isinstance(model.embedding, OneHot):
        return {}
    space = model.interface.inputs
    values = batch.inputs[space.kind].values
    values = values / space.scale if space.kind == "vectors" else values
    call = Heard(model.embedding, values, delta)
    parts: Parts = {}
    for parameter, part in parts_of_call(call, delta, len(delta)):
        parts[names[parameter]] = [part]
    return parts


def _layer_parts(
    model: RecurrentModel, weights: Weights, x: Tensor, saved: State, total: State, names: dict[Tensor, str]
) -> Parts:
    """One layer's four parameters: x (T, I), what its cell noted and the total gradients by its states (T, H).

    The gradients by the two pre-activations are those by a bias of its own for every position, so one step of the
    longhand cell over all positions at once gives them, whatever its equations are.
    """
    before = {name: torch.cat([torch.zeros_like(v[:1]), v[:-1]]) for name, v in saved.items() if name in model.states}
    heard = _outgoing(model, weights, saved, before, total)
    with torch.enable_grad():
        b_ih, b_hh = (b.detach().expand(len(x), -1).clone().requires_grad_() for b in (weights.b_ih, weights.b_hh))
        stepped = model.cell_step(x, before, Weights(weights.w_ih.detach(), weights.w_hh.detach(), b_ih, b_hh))
        outputs = [stepped[name] for name in model.states]
        by_x, by_h = torch.autograd.grad(outputs, [b_ih, b_hh], [heard[name] for name in model.states])  # (T, G*H)
    ones = x.new_ones(len(x), 1)
    return {
        names[weights.w_ih]: [Part(by_x, x)],
        names[weights.w_hh]: [Part(by_h, before[model.states[0]])],
        names[weights.b_ih]: [Part(by_x, ones)],
        names[weights.b_hh]: [Part(by_h, ones)],
    }


def _outgoing(model: RecurrentModel, weights: Weights, saved: State, before: State, total: State) -> State:
    """Total gradients by the states without the paths from one state to another inside the step (cell to hidden)."""
    slopes = model.slopes(saved | {f"previous.{name}": values for name, values in before.items()}, weights)
    first = model.states[0]
    alone = {name: values if name == first else torch.zeros_like(values) for name, values in total.items()}
    inside = model.within_step(slopes, alone)
    return {name: values if name == first else values - inside[name] for name, values in total.items()}

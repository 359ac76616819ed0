"""Position encoding missing: attention that cannot tell in which order tokens came.

Measured on this run: the earlier tokens of validation windows are shuffled. Attention without positions gives the last
token's first attention the same output, to rounding, whatever their order (it is a sum over a set). In deeper causal
nets the order then enters by the mask alone: Haviv et al., "Transformer language models without positional encodings
still learn positional information", 2022; a bag of words is such by design and is not attention.
"""

from __future__ import annotations

from seqviz.core.lab_events import Finding, Suggestion
from seqviz.training.diagnosis import CannotJudge, Rule, number, rules
from seqviz.training.diagnosis.case import Case

ORDER = "order.*"
SAME = 1e-5  # relative: a hundred roundings of float32; with positions 1e-3 and more, even untrained
LEARNED, TURNED = Suggestion("position", "learned", "learned positions"), Suggestion("position", "rope", "RoPE")
UNDECAYED = Suggestion("weight_decay", 0.0, "no weight decay: it may have drawn queries and keys to 0")
SURE, MASK_ONLY = 0.95, 0.75  # nothing depends on the order; only what the mask lets through does


@rules.register("no_positions")
class NoPositions(Rule):
    title = "The model does not know the order of its tokens"
    wants = (ORDER,)
    order = 15

    def judge(self, case: Case) -> Finding | None:
        first, said = case.arrays.get("order.first_attention"), case.arrays.get("order.prediction")
        if first is None or said is None:
            raise CannotJudge(case.why_missing(ORDER, f"{case.title} has no blocks of self-attention"))
        moved, changed = float(first), float(said)
        if moved > SAME:
            return None
        blind = changed <= SAME
        evidence = (
            ("first attention's output at the last token, changed by shuffling what came before", number(moved)),
            ("its prediction, changed by (total variation, 0 to 1)", number(changed)),
        )
        sentence = "Shuffling the tokens that came before changes nothing in what the first attention hands on" + (
            ", nor in the prediction: to this model a text is a bag of tokens."
            if blind
            else f"; the prediction moves by {number(changed)} because the causal mask gives some order away."
        )
        has = case.knob("model", "position", "none") != "none"  # then the order is there, and attention looks away
        if has:
            sentence += " It has positions: its attention has become the same for all tokens."
        return Finding(
            "no_positions", self.title, sentence, SURE if blind else MASK_ONLY, evidence, "attention",
            (*((UNDECAYED,) if has else ()), LEARNED, TURNED),
        )  # fmt: skip

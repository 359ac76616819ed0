"""What one training token costs, in floating-point operations.

Counted by torch over the longhand pass of one sequence: every matrix product and convolution, a multiply and an add
as two operations; what works on single numbers (gates, softmax, normalisation) is left out, as is usual. The backward
pass costs two forward passes (a gradient by the weights and one by the inputs), so training costs three.
Kaplan et al., "Scaling laws for neural language models", 2020, section 2.1.
"""

from __future__ import annotations

import torch
from torch.utils.flop_counter import FlopCounterMode

from seqviz.core.batch import Batch
from seqviz.models.base import Model, NeuralModel

FORWARD_AND_BACKWARD = 3


def training_flops_per_token(model: Model, sequence: Batch) -> float:
    """Of a batch of one sequence (tensors); 0 for models that learn without gradients."""
    if not isinstance(model, NeuralModel) or not sequence.tokens:
        return 0.0
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model.counted_pass(sequence)
    return FORWARD_AND_BACKWARD * counter.get_total_flops() / sequence.tokens

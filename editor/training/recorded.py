"""A training step recorded once and replayed: on a GPU, a small network's step is mostly launching.

Reference: CUDA C++ Programming Guide, CUDA Graphs.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Tensors = dict[str, Tensor]


class Recorded:
    """A step on tensors of fixed shapes; on CUDA it is a graph after some calls, elsewhere a plain call.

    The step may update networks and optimisers in place, but neither read a value on the CPU nor
    draw there. A graph knows addresses, not names: make another object when what it updates is
    replaced.
    """

    WARM_UP = 4

    def __init__(self, step: Callable[[Tensors], Tensors]) -> None:
        """Wrap a step that turns inputs by name into outputs by name."""
        self.step = step
        self.calls = 0
        self.graph: torch.cuda.CUDAGraph | None = None
        self.inputs: Tensors = {}
        self.outputs: Tensors = {}

    def __call__(self, inputs: Tensors) -> Tensors:
        """Run the step. On CUDA the next call overwrites the outputs."""
        device = next(iter(inputs.values())).device
        if device.type != "cuda":
            return self.step(inputs)
        if self.calls < self.WARM_UP:  # what is made once, such as Adam's state, comes into being
            self.calls += 1
            stream, current = torch.cuda.Stream(device), torch.cuda.current_stream(device)
            stream.wait_stream(current)
            with torch.cuda.stream(stream):
                outputs = self.step(inputs)
            current.wait_stream(stream)
            return outputs
        if self.graph is None:
            self.inputs = {name: value.clone() for name, value in inputs.items()}
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                self.outputs = self.step(self.inputs)
        for name, value in inputs.items():
            self.inputs[name].copy_(value)
        self.graph.replay()
        return self.outputs

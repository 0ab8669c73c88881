from __future__ import annotations

import pytest
import torch

from editor.training.recorded import Recorded


def _trainee(device: str):
    torch.manual_seed(0)
    layer = torch.nn.Linear(4, 1).to(device)
    adam = torch.optim.Adam(layer.parameters(), lr=0.1, capturable=device == "cuda")

    def step(inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        adam.zero_grad(set_to_none=True)
        loss = (layer(inputs["x"]) - inputs["y"]).square().mean()
        loss.backward()
        adam.step()
        return {"loss": loss.detach()}

    return layer, step


def _batches(device: str) -> list[dict[str, torch.Tensor]]:
    rng = torch.Generator().manual_seed(1)
    found = [{"x": torch.randn(8, 4, generator=rng)} for _ in range(12)]
    return [
        {"x": b["x"].to(device), "y": b["x"].sum(dim=1, keepdim=True).to(device)} for b in found
    ]


def _follow(device: str) -> None:
    """Every call is one step on its own batch, also when the warm-up is over."""
    plain, step = _trainee(device)
    expected = [step(batch)["loss"].item() for batch in _batches(device)]
    replayed, again = _trainee(device)
    recorded = Recorded(again)
    found = [recorded(batch)["loss"].item() for batch in _batches(device)]
    assert found == pytest.approx(expected, rel=1e-4)
    torch.testing.assert_close(replayed.weight, plain.weight, rtol=1e-4, atol=1e-5)
    assert expected[-1] < expected[0] / 2


def test_on_a_cpu_it_is_the_step_itself() -> None:
    _follow("cpu")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
def test_on_a_gpu_its_graph_takes_the_same_steps() -> None:
    _follow("cuda")

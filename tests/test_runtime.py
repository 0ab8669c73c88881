"""Threads that are no number, memory that runs out."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from editor import Editor
from editor.cli import main
from editor.errors import OptionError, ShortMemoryError
from editor.runtime import telling_memory, use_threads


@pytest.mark.parametrize("value", ["abc", "0", "-3", "1.5", "9" * 30, " "])
def test_threads_that_are_no_number(value: str, monkeypatch) -> None:
    monkeypatch.setenv("EDITOR_THREADS", value)
    monkeypatch.setattr(torch, "set_num_threads", lambda n: pytest.fail(f"{n} threads"))
    with pytest.raises(OptionError, match=r"EDITOR_THREADS is .*; give a whole number of 1…1024"):
        use_threads(None)


def test_threads(monkeypatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    monkeypatch.delenv("EDITOR_THREADS", raising=False)
    use_threads(None)
    monkeypatch.setenv("EDITOR_THREADS", "")
    use_threads(None)
    monkeypatch.setenv("EDITOR_THREADS", " 3 ")
    use_threads(None)
    use_threads(2)
    assert asked == [3, 2]
    for count in (0, -1, 5000):
        with pytest.raises(OptionError, match="the number of threads"):
            use_threads(count)


SHORT = (
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.\nmore"),
    RuntimeError(
        "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate"
    ),
    RuntimeError("MPS backend out of memory"),
    MemoryError(),
)


@pytest.mark.parametrize("error", SHORT)
def test_memory_that_runs_out_is_one_sentence(tiny: Editor, error: BaseException) -> None:
    def work() -> None:
        raise error

    with pytest.raises(
        ShortMemoryError, match=r"has not enough memory for this .*--device cpu"
    ) as caught:
        tiny.engine.on_device(work)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None, "its frames would hold the memory"
    assert tiny.example(0).size == (16, 16), "the device works on"


def test_other_errors_stay_as_they_are() -> None:
    with pytest.raises(RuntimeError, match="mine"), telling_memory():
        raise RuntimeError("mine")


def test_a_real_allocation_that_is_too_large() -> None:
    with pytest.raises(ShortMemoryError), telling_memory(torch.device("cpu")):
        torch.empty(2**50)


def test_a_batch_goes_on_after_memory_ran_out(
    tiny: Editor, tmp_path: Path, monkeypatch, capsys
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for i in range(3):
        tiny.example(i).save(photos / f"{i}.png")
    monkeypatch.setattr(Editor, "open", lambda *_, **__: tiny)
    encode, original, failing = tiny.engine.pack.encoder.forward, Editor.invert, []

    def forward(image: torch.Tensor) -> torch.Tensor:
        if failing:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return encode(image)

    def invert(self: Editor, photo: Path, *more: object) -> object:
        failing[:] = [photo] if photo.name == "1.png" else []
        return original(self, photo, *more)

    monkeypatch.setattr(Editor, "invert", invert)
    monkeypatch.setattr(tiny.engine.pack.encoder, "forward", forward)
    out = tmp_path / "out"
    command = ["invert", str(photos), "--domain", "tiny", "--steps", "0", "--out", str(out)]
    assert main([*command, "--crop", "0.5", "0.5", "1", "0"]) == 1
    said = capsys.readouterr().err
    assert "1.png: the machine has not enough memory" in said
    assert "1 of 3 failed" in said
    assert {p.name for p in out.glob("*.png")} == {"0.png", "2.png"}

"""Which device is taken: GPUs that fail in their own words, and what is done then."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from editor import Editor, device_probe, runtime
from editor.errors import OptionError, ShortMemoryError
from editor.inversion import working_device
from editor.packs.load import load_domain
from editor.runtime import fast_dtype, pick_device

CPU = torch.device("cpu")
PACKAGE = Path(__file__).resolve().parents[1] / "editor"
# as PyTorch says it
NO_KERNEL = """CUDA error: no kernel image is available for execution on the device
CUDA kernel errors might be asynchronously reported at some other API call, so the stacktrace below might be incorrect.
For debugging consider passing CUDA_LAUNCH_BLOCKING=1"""
OLD_DRIVER = """CUDA initialization: The NVIDIA driver on your system is too old (found version 11040). Please update your GPU driver by downloading and installing a new version from the URL: http://www.nvidia.com/Download/index.aspx (Triggered internally at ../c10/cuda/CUDAFunctions.cpp:108.)"""
NO_MEMORY = "CUDA out of memory. Tried to allocate 2.00 MiB. GPU 0 has a total capacity of 1.95 GiB of which 1.06 MiB is free."
NO_OPERATOR = """The operator 'aten::upsample_bilinear2d.out' is not currently implemented for the MPS device. If you want this op to be considered for addition please comment on https://github.com/pytorch/pytorch/issues/141287"""
NO_FLOAT64 = "Cannot convert a MPS Tensor to float64 dtype as the MPS framework doesn't support float64. Please use float32 instead."
FAILURES = {
    "no kernel": (RuntimeError(NO_KERNEL), "no kernel image is available for execution on the device: this PyTorch was not built"),
    "memory": (torch.OutOfMemoryError(NO_MEMORY), "CUDA out of memory: other programs fill its memory"),
    "driver": (RuntimeError("CUDA driver error: invalid argument"), "invalid argument: update the GPU's driver"),
    "operator": (NotImplementedError(NO_OPERATOR), "not currently implemented for the MPS device"),
    "float64": (TypeError(NO_FLOAT64), "doesn't support float64"),
    "build": (AssertionError("Torch not compiled with CUDA enabled"), "not compiled with CUDA"),
}  # fmt: skip


def _gpus(monkeypatch, *there: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in there)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in there)


def _steps(monkeypatch, gpu: Callable[[Tensor], Tensor]) -> list[str]:
    """Stand in for the small step on GPUs. Return the list of the devices on which it was tried."""
    real, tried = device_probe.small_step, []

    def step(device: torch.device) -> Tensor:
        if device.type == "cpu":
            return real(device)
        tried.append(str(device))
        return gpu(real(CPU))

    monkeypatch.setattr(device_probe, "small_step", step)
    return tried


def _raising(error: Exception) -> Callable[[object], Tensor]:
    def fail(*_: object) -> Tensor:
        raise error

    return fail


@pytest.mark.parametrize("kind", ["cuda", "mps"])
@pytest.mark.parametrize(("error", "said"), FAILURES.values(), ids=FAILURES)
def test_a_gpu_chosen_by_itself_that_fails_gives_way_to_the_cpu(
    monkeypatch, caplog, kind: str, error: Exception, said: str
) -> None:
    _gpus(monkeypatch, kind)
    tried = _steps(monkeypatch, _raising(error))
    with caplog.at_level(logging.WARNING):
        assert pick_device("auto") == CPU
    assert tried == [kind]
    (line,) = [record.getMessage() for record in caplog.records]
    assert said in line
    assert line.endswith("; the CPU is used instead")
    assert "\n" not in line
    assert "asynchronously" not in line


@pytest.mark.parametrize("name", ["cuda", "cuda:1", "mps"])
@pytest.mark.parametrize(("error", "said"), FAILURES.values(), ids=FAILURES)
def test_a_gpu_that_was_named_and_fails_is_an_error_of_one_sentence(
    monkeypatch, caplog, name: str, error: Exception, said: str
) -> None:
    _gpus(monkeypatch, "cuda", "mps")
    _steps(monkeypatch, _raising(error))
    with pytest.raises(OptionError, match=f"device '{name}' was asked for, but does not") as caught:
        pick_device(name)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not caplog.records


def test_a_driver_that_is_too_old_is_told_though_torch_says_there_is_no_gpu(
    monkeypatch, caplog
) -> None:
    def is_available() -> bool:
        warnings.warn(OLD_DRIVER, UserWarning, stacklevel=1)
        return False

    _gpus(monkeypatch)
    monkeypatch.setattr(torch.cuda, "is_available", is_available)
    with caplog.at_level(logging.WARNING):
        assert pick_device("auto") == CPU
    (line,) = [record.getMessage() for record in caplog.records]
    assert "driver on your system is too old (found version 11040): update the GPU's" in line
    assert "http" not in line
    with pytest.raises(
        OptionError, match=r"no CUDA GPU is here \(CUDA init.*too old.*--device cpu"
    ):
        pick_device("cuda")


def test_which_gpu_is_chosen(monkeypatch, caplog) -> None:
    tried = _steps(monkeypatch, lambda right: right)
    for there, taken in (((), "cpu"), (("cuda", "mps"), "cuda"), (("mps",), "mps")):
        _gpus(monkeypatch, *there)
        assert pick_device("auto") == torch.device(taken)
    assert tried == ["cuda", "mps"]
    assert not caplog.records
    with pytest.raises(OptionError, match="no CUDA GPU is here; use --device cpu"):
        pick_device("cuda:1")


@pytest.mark.parametrize(
    "wrong", [lambda right: right * 1.2, lambda right: right * float("nan"), torch.zeros_like]
)
def test_a_gpu_that_computes_otherwise_than_the_cpu_is_not_taken(
    monkeypatch, caplog, wrong: Callable[[Tensor], Tensor]
) -> None:
    _gpus(monkeypatch, "mps")
    _steps(monkeypatch, wrong)
    with caplog.at_level(logging.WARNING):
        assert pick_device("auto") == CPU
    assert "Apple GPU does not work (it computes other values than the CPU)" in caplog.text


def test_rounding_is_no_reason_to_leave_a_gpu(monkeypatch) -> None:
    _gpus(monkeypatch, "cuda")
    _steps(monkeypatch, lambda right: right * (1 + 1e-3))
    assert pick_device("auto") == torch.device("cuda")


def _open_on(monkeypatch, name: str, tiny_root: Path) -> Editor:
    """Open the tiny pack with a meta device in the place of a GPU that works in small."""
    chosen = torch.device("meta")
    monkeypatch.setattr(runtime, "pick_device", lambda given: chosen)
    monkeypatch.setitem(runtime.GPUS, "meta", "CUDA GPU")
    return Editor.open(
        "tiny", name, checkpoints=tiny_root / "checkpoints", boundaries=tiny_root / "boundaries"
    )


def test_a_step_of_an_inversion_decides(tiny_root: Path, monkeypatch, caplog) -> None:
    with caplog.at_level(logging.WARNING):
        editor = _open_on(monkeypatch, "auto", tiny_root)  # nothing can be read from `meta`
    assert editor.engine.device == CPU
    assert editor.example(0).size == (16, 16)
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith("the CUDA GPU does not work (")
    with pytest.raises(
        OptionError, match="device 'cuda' was asked for, but does not work"
    ) as caught:
        _open_on(monkeypatch, "cuda", tiny_root)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("error", "said"), FAILURES.values(), ids=FAILURES)
def test_a_gpu_that_fails_at_a_real_step(
    tiny_root: Path, monkeypatch, caplog, error: Exception, said: str
) -> None:
    def fails(pack: object) -> None:
        raise error

    monkeypatch.setattr(working_device, "try_step", fails)
    monkeypatch.setattr(  # the pack is loaded, and lies on the CPU
        working_device, "load_domain", lambda name, where, root: load_domain(name, CPU, root)
    )
    with caplog.at_level(logging.WARNING):
        assert _open_on(monkeypatch, "auto", tiny_root).engine.device == CPU
    short = isinstance(error, torch.OutOfMemoryError)
    assert ("it has not enough memory" if short else said) in caplog.text
    with pytest.raises(ShortMemoryError if short else OptionError):
        _open_on(monkeypatch, "cuda", tiny_root)


def test_a_damaged_pack_is_no_fault_of_the_gpu(tiny_root: Path, monkeypatch, caplog) -> None:
    (tiny_root / "checkpoints" / "tiny" / "encoder.safetensors").write_bytes(b"x")
    with pytest.raises(Exception, match=r"encoder\.safetensors"):
        _open_on(monkeypatch, "auto", tiny_root)
    assert not caplog.records


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), RuntimeError("odd")])
def test_a_pack_that_cannot_be_read_is_no_fault_of_the_gpu(
    tiny_root: Path, monkeypatch, caplog, error: Exception
) -> None:
    monkeypatch.setattr(working_device, "load_domain", _raising(error))
    for name in ("auto", "cuda"):
        with pytest.raises(type(error), match=str(error.args[-1])):
            _open_on(monkeypatch, name, tiny_root)
    assert not caplog.records


def test_a_step_that_is_not_finite_is_an_error(tiny: Editor) -> None:
    working_device.try_step(tiny.engine.pack)
    with torch.no_grad():
        tiny.engine.pack.encoder.out.weight.fill_(float("nan"))
    with pytest.raises(RuntimeError, match="not finite"):
        working_device.try_step(tiny.engine.pack)


@pytest.mark.parametrize(
    ("capability", "dtype"),
    [((6, 1), torch.float32), ((7, 5), torch.float32), ((8, 0), torch.bfloat16), ((12, 0), torch.bfloat16)],
)  # fmt: skip
def test_bfloat16_is_for_gpus_that_do_not_emulate_it(monkeypatch, capability, dtype) -> None:
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda *_, **__: True
    )  # as it says of a T4
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert fast_dtype(torch.device("cuda")) == dtype
    assert fast_dtype(torch.device("mps")) == torch.float32


def test_nothing_becomes_float64_on_a_device() -> None:
    """Apple GPUs have no float64."""
    found = [
        f"{path.relative_to(PACKAGE)}: {line.strip()}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"(?<!\.cpu\(\))\.double\(\)|\.to\((torch\.)?float64|float64.*device=", line)
    ]
    assert found == []


def test_operators_that_apple_gpus_lack_fall_back() -> None:
    """Torch reads the variable once, when it is loaded: the package sets it before."""
    script = (
        "import sys; sys.platform = 'darwin'; import editor, os;"
        "assert 'torch' not in sys.modules; print(os.environ['PYTORCH_ENABLE_MPS_FALLBACK'])"
    )
    given = {k: v for k, v in os.environ.items() if k != "PYTORCH_ENABLE_MPS_FALLBACK"}
    for own, kept in (({}, "1"), ({"PYTORCH_ENABLE_MPS_FALLBACK": "0"}, "0")):
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=PACKAGE.parent, env=given | own,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout.strip() == kept

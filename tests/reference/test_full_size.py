"""A model of the published size, random weights. Run alone: pytest -m slow tests/reference."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.reference.published import encoder_state, generator_state

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import json, resource, sys, time
from pathlib import Path
from editor import Editor
from editor.packs.convert.run import Sources, convert_files
root = Path(sys.argv[1])
started = time.monotonic()
sources = Sources("full256", root / "generator.pth", root / "encoder.pth")
list(convert_files(sources, root / "checkpoints", root / "boundaries"))
convert_s = time.monotonic() - started
convert_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
editor = Editor.open("full256", "cpu", root / "checkpoints", root / "boundaries")
marks = []
for step in editor.invert_steps(editor.example(0)):
    marks.append(time.monotonic())
    if step.step == 8:
        break
steps = sorted(b - a for a, b in zip(marks[1:], marks[2:]))
print(json.dumps({"convert_s": convert_s, "convert_gb": convert_gb, "step_s": steps[len(steps) // 2]}))
"""


@pytest.mark.slow
def test_the_published_size_converts_and_inverts_on_a_cpu(tmp_path: Path) -> None:
    generator = generator_state(256, 512, 16384, 512)
    encoder = encoder_state(256, 512, 64, 1024)
    assert (len(generator), len(encoder)) == (123, 120)  # as in the published files
    torch.save(generator, tmp_path / "generator.pth")
    torch.save(encoder, tmp_path / "encoder.pth")
    del generator, encoder
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], cwd=ROOT, capture_output=True, timeout=500
    )
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    print(found)
    assert found["convert_s"] <= 60
    assert found["convert_gb"] <= 3
    assert found["step_s"] <= 1.3  # 0.75 to 1.0 when nothing else runs

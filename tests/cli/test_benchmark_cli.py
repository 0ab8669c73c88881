from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from editor.benchmark import run
from editor.benchmark.report import BEGIN, END
from editor.cli import main

PLACE = b"before\n" + BEGIN + b"\n" + END + b"\nafter\n"


@pytest.fixture
def readme(tmp_path: Path) -> Path:
    path = tmp_path / "README.md"
    path.write_bytes(PLACE)
    return path


def test_a_quick_run_writes_json_and_table(
    tiny_root: Path, tmp_path: Path, readme: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "bench.json"
    options = ["--quick", "--domain", "tiny", "--root", str(tiny_root), "--device", "cpu"]
    more = ["--measure", "throughput", "--batches", "2", "--moves", "7"]
    files = ["--out", str(out), "--readme", str(readme)]
    assert main(["benchmark", *options, *more, *files]) == 0
    result = json.loads(out.read_text())
    assert (result["options"]["moves"], result["options"]["sizes"]) == (7, [])
    (pack,) = result["packs"]
    assert pack["errors"] == {}
    assert [case["work"] for case in pack["throughput"]] == ["encode", "synthesis", "inversion"]
    assert all(case["images_per_s"]["median"] > 0 for case in pack["throughput"])
    printed, text = capsys.readouterr().out, readme.read_text()
    assert "| tiny, synthesis | 1 × " in printed
    assert printed.strip() in text
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert str(tmp_path) not in out.read_text() + text
    readme.write_bytes(PLACE)
    assert main(["benchmark", "--from", str(out), str(out), "--readme", str(readme)]) == 0
    assert readme.read_text().count(printed.strip()) == 2


def test_errors_come_before_the_measuring(
    tiny_root: Path, tmp_path: Path, readme: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def error(*options: str) -> str:
        assert main(["benchmark", *options]) == 1
        return capsys.readouterr().err

    assert "'nowhere' was not found" in error("--domain", "nowhere", "--root", str(tiny_root))
    assert "powers of two" in error("--sizes", "65")
    readme.write_text("no place")
    assert "bench:begin" in error("--readme", str(readme))
    assert "is a folder" in error("--out", str(tmp_path))
    assert "no result" in error("--from", str(readme))
    assert readme.read_text() == "no place"


def test_an_interrupt_writes_nothing(
    tmp_path: Path, readme: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any) -> dict[str, Any]:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "benchmark", interrupted)
    out = tmp_path / "bench.json"
    assert main(["benchmark", "--out", str(out), "--readme", str(readme)]) == 130
    assert not out.exists()
    assert readme.read_bytes() == PLACE
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]

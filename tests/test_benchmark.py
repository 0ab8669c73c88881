from __future__ import annotations

import json
import os
import socket
import statistics
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from editor import Editor
from editor.benchmark import packs, processes, run, work
from editor.benchmark.child import Child
from editor.benchmark.figures import figure, time_to_gain
from editor.benchmark.options import QUICK, SECTIONS, BenchmarkOptions
from editor.benchmark.packs import write_random_pack
from editor.benchmark.report import BEGIN, END, check_readme, table, write_readme
from editor.benchmark.run import benchmark
from editor.errors import (
    EditorError,
    NotFiniteError,
    OptionError,
    PackNotFoundError,
    TrainingError,
)
from editor.packs.info import read_info
from tests.conftest import write_noise

TINY = replace(
    QUICK, sizes=(), domains=("tiny",), device="cpu", repeats=3, steps=4, moves=5, window_s=0.002
)


# -- figures ---------------------------------------------------------------------------------------


def test_time_to_gain_of_a_made_up_series() -> None:
    losses, seconds = [12.0, 7.0, 4.0, 3.0, 2.0, 2.5], [0.5, 1.0, 2.0, 4.0, 8.0, 16.0]
    # the gain is 10: 90% are had at a loss of 3, 99% at 2.1, half at 7
    assert time_to_gain(losses, seconds, 0.5) == 1.0
    assert time_to_gain(losses, seconds, 0.9) == 4.0
    assert time_to_gain(losses, seconds, 0.99) == 8.0
    assert time_to_gain(losses, seconds, 0.0) == 0.5


def test_no_gain_was_had_at_once() -> None:
    assert time_to_gain([1.0, 2.0, 3.0], [0.1, 0.2, 0.3], 0.99) == 0.1


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_is_an_error(bad: float) -> None:
    with pytest.raises(NotFiniteError):
        time_to_gain([1.0, bad], [0.1, 0.2], 0.9)


def test_a_figure_holds_quantiles_of_its_repeats() -> None:
    values = [0.3, 0.1, 0.9, 0.4, 0.2]
    found = figure(values, "s")
    quarters = statistics.quantiles(values, n=4, method="inclusive")
    assert [found["low"], found["median"], found["high"]] == pytest.approx(quarters)
    assert found["p95"] == pytest.approx(statistics.quantiles(values, n=20, method="inclusive")[-1])
    assert (found["unit"], found["repeats"]) == ("s", values)
    assert figure([2.0], "s")["low"] == figure([2.0], "s")["p95"] == 2.0


# -- random packs ----------------------------------------------------------------------------------


def _open(root: Path, name: str) -> Editor:
    return Editor.open(name, "cpu", root / "checkpoints", root / "boundaries")


def test_a_random_pack_of_the_shipped_architecture(tmp_path: Path) -> None:
    before = torch.get_rng_state()
    digests = []
    for index, seed in enumerate((0, 0, 1)):
        name = write_random_pack(tmp_path / str(index), 16, seed)
        info = read_info(name, tmp_path / str(index) / "checkpoints")
        digests.append(info.files["generator.safetensors"]["sha256"])
    assert torch.equal(torch.get_rng_state(), before)
    assert digests[0] == digests[1] != digests[2]
    editor = _open(tmp_path / "0", name)
    pack = editor.engine.pack
    assert type(pack.generator).__name__ == "StyleGAN2Generator"
    assert pack.generator.config.to_dict()["fmaps_base"] == packs.BASE_G
    assert pack.discriminator is not None
    assert pack.perceptual is None
    edit = editor.sample(0)
    moved = editor.render(edit.move(**{packs.SLIDER: 3.0}))
    assert np.abs(np.asarray(moved, float) - np.asarray(editor.render(edit), float)).mean() > 0.5


def test_a_random_pack_of_the_published_architecture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packs, "PUBLISHED_FROM", 16)
    editor = _open(tmp_path, write_random_pack(tmp_path, 16))
    assert type(editor.engine.pack.generator).__name__ == "StyleGAN1Generator"
    assert (editor.info.num_ws, editor.info.w_dim) == (6, 512)
    assert editor.engine.feature_term is editor.engine.pack.perceptual is not None
    assert editor.engine.inversion.lr == 0.01
    found = work.inversion(editor, work.photos(editor, 1, 0), 3)
    assert 0 < found["loss_best"][0] <= found["loss_start"][0] < 100


# -- work in one process ---------------------------------------------------------------------------


def test_losses_depend_on_the_seed_alone(tiny: Editor) -> None:
    runs = [work.inversion(tiny, work.photos(tiny, 2, seed), 4) for seed in (3, 3, 4)]
    for key in ("loss_start", "loss_best", "steps"):
        assert runs[0][key] == runs[1][key]
    assert runs[0]["loss_best"] != runs[2]["loss_best"]
    assert runs[0]["steps"] == [4, 4]


def test_times_to_the_gain_are_those_of_the_steps(
    tiny: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = work.photos(tiny, 2, 0)
    options = replace(tiny.engine.inversion, steps=30)
    losses = [[s.losses["loss"] for s in tiny.invert_steps(one, options)] for one in pictures]
    ticks = count()
    monkeypatch.setattr(work, "perf_counter", lambda: float(next(ticks)))  # a step takes a second
    found = work.inversion(tiny, pictures, 30)
    for share, key in ((0.9, "to_90"), (0.99, "to_99")):
        for series, seconds in zip(losses, found[key]["repeats"], strict=True):
            gain = [series[0] - loss for loss in series]
            assert seconds == 1 + min(i for i, g in enumerate(gain) if g >= share * max(gain))
    assert found["total"]["repeats"] == [len(series) for series in losses]
    assert found["steps_per_s"]["repeats"] == [1.0, 1.0]
    assert found["loss_start"] == pytest.approx([series[0] for series in losses], rel=1e-4)
    assert found["encoder"]["median"] == 1000.0


def test_given_photos_are_inverted(tiny: Editor, tmp_path: Path) -> None:
    folder = write_noise(tmp_path / "photos", 3)
    assert [p.size for p in work.photos(tiny, 2, 0, folder)] == [(16, 16)] * 2
    with pytest.raises(TrainingError):
        work.photos(tiny, 2, 0, tmp_path / "none")


def test_generated_photos_have_noise(tiny: Editor) -> None:
    (noisy,) = work.photos(tiny, 1, 5)
    plain = np.asarray(tiny.example(5), float) / 127.5 - 1
    difference = np.asarray(noisy, float) / 127.5 - 1 - plain
    inside = np.abs(plain) < 0.5  # nothing is cut off there
    assert difference[inside].std() == pytest.approx(work.NOISE, rel=0.2)


def test_a_window_is_whole_calls(tiny: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks, calls = count(), []
    monkeypatch.setattr(work, "perf_counter", lambda: float(next(ticks)))
    assert work.window(tiny, lambda: calls.append(1), 3.0) == (3, 3.0)
    assert len(calls) == 3
    assert work.window(tiny, lambda: calls.append(1), 0.0) == (1, 1.0)


@pytest.mark.parametrize("name", work.WORKS)
def test_prepared_work_gives_a_batch(tiny: Editor, name: str) -> None:
    found: Any = tiny.engine.on_device(work.prepare(tiny, name, 3))
    shapes = {"encode": (3, 6, 8), "synthesis": (3, 3, 16, 16)}
    if name == "inversion":
        assert found.wp.shape == (3, 6, 8)
        assert found.step == 2  # warm: two calls before
    else:
        assert found.shape == shapes[name]


def test_unknown_work(tiny: Editor) -> None:
    with pytest.raises(OptionError, match="paint"):
        work.prepare(tiny, "paint", 1)


def test_memory_grows_from_stage_to_stage(tiny: Editor) -> None:
    found = work.memory(tiny)
    peaks = [found[stage]["rss"] for stage in ("opened", "moved", "inverted")]
    assert 20 < peaks[0] <= peaks[1] <= peaks[2]
    block = np.ones(30_000_000)  # 240 MB, which the peak then has seen
    assert work.peak_rss_mb() > 240
    del block


# -- processes -------------------------------------------------------------------------------------


def _alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_interrupt_leaves_no_process() -> None:
    seen = []

    def interrupted() -> None:
        with processes.started("-c", "import time; time.sleep(60)") as (process, _):
            seen.append(process.pid)
            assert _alive(process.pid)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not _alive(seen[0])


def test_a_request_to_end_interrupts() -> None:
    import signal

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), processes.ending_interrupts():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_python_is_timed_and_its_failure_told() -> None:
    assert 0.2 < processes.time_python("import time; time.sleep(0.2)") < 10
    with pytest.raises(EditorError, match="status 1: ValueError: no"):
        processes.time_python("raise ValueError('no')")
    with pytest.raises(EditorError, match="SIGKILL, probably for want of memory"):
        processes.time_python("import os; os.kill(os.getpid(), 9)")


def test_the_page_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = """
        import sys, time
        from http.server import BaseHTTPRequestHandler, HTTPServer
        if "broken" in sys.argv: sys.exit("no such domain")
        time.sleep(0.3)
        class Page(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
        port = int(sys.argv[sys.argv.index("--port") + 1])
        HTTPServer(("127.0.0.1", port), Page).serve_forever()
    """
    (tmp_path / "app.py").write_text(textwrap.dedent(app))
    monkeypatch.setattr(processes, "PROJECT", tmp_path)
    assert 0.3 < processes.time_page("tiny", "cpu", None) < 20
    with pytest.raises(EditorError, match="no such domain"):
        processes.time_page("broken", "cpu", None)


# -- the whole -------------------------------------------------------------------------------------


class _Here:
    """A worker without a process; `fails` are (work, batch) that do not fit."""

    fails: set[tuple[str, int]] = set()

    def __init__(self) -> None:
        self.child, self.said = Child(), None

    def send(self, do: str, **values: Any) -> None:
        if do == "prepare" and (values["work"], values["batch"]) in self.fails:
            raise EditorError("OutOfMemoryError: too much")
        self.said = json.loads(json.dumps(self.child.answer({"do": do, **values})))

    def receive(self) -> Any:
        return self.said

    def ask(self, do: str, **values: Any) -> Any:
        self.send(do, **values)
        return self.receive()


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Here]]:
    """No process is started; what a process would do is done here."""

    @contextmanager
    def workers(count: int, **domain: Any) -> Iterator[list[_Here]]:
        found = [_Here() for _ in range(count)]
        for one in found:
            one.ask("open", **domain)
        yield found

    ticks = count(1)
    monkeypatch.setattr(run, "workers", workers)
    monkeypatch.setattr(run, "time_python", lambda code: float(next(ticks)))
    monkeypatch.setattr(run, "time_page", lambda *_: float(next(ticks)))
    monkeypatch.setattr(_Here, "fails", set())
    threads = torch.get_num_threads()
    yield _Here
    torch.set_num_threads(threads)


def _figures(found: Any) -> Iterator[dict[str, Any]]:
    if isinstance(found, dict):
        if "repeats" in found and "median" in found:
            yield found
        else:
            for value in found.values():
                yield from _figures(value)
    elif isinstance(found, list):
        for value in found:
            yield from _figures(value)


def test_the_whole_of_a_pack(tiny_root: Path, here: type[_Here]) -> None:
    seen: list[tuple[int, int]] = []
    result = benchmark(
        replace(TINY, processes=(1, 2), warm_starts=1),
        tiny_root,
        progress=lambda done, total, what: seen.append((done, total)),
    )
    assert seen[-1] == (6, 6)
    assert sorted(seen) == seen
    (pack,) = result["packs"]
    assert pack["errors"] == {}
    assert set(SECTIONS) < set(pack)
    assert (pack["weights"], pack["resolution"], pack["facts"]["num_ws"]) == ("trained", 16, 6)
    assert result["start"]["python"]["repeats"] == [2.0, 3.0, 4.0]  # the first does not count
    figures = list(_figures(result))
    assert len(figures) > 20
    for one in figures:
        assert 0 < one["low"] <= one["median"] <= one["high"] <= max(one["repeats"])
    inversion = pack["inversion"]
    for times in zip(*(inversion[k]["repeats"] for k in ("to_90", "to_99", "total")), strict=True):
        assert list(times) == sorted(times)
    cases = pack["throughput"]
    assert len(cases) == 2 * 3 * 2
    for case in cases:
        for rate, window in zip(case["images_per_s"]["repeats"], case["windows"], strict=True):
            assert len(window) == case["processes"]
            expected = sum(case["batch"] * calls / seconds for calls, seconds in window)
            assert rate == pytest.approx(expected, rel=1e-5)
            assert all(seconds >= TINY.window_s for _, seconds in window)
    text = json.dumps(result, allow_nan=False)
    assert table(json.loads(text)) == table(result), "what --from reads gives the same table"
    assert str(tiny_root) not in text
    assert socket.gethostname() not in text
    for key in ("cpu", "cores", "torch", "python", "seed", "date", "options", "threads"):
        assert result[key] is not None


def test_the_same_seed_gives_the_same_losses(tiny_root: Path, here: type[_Here]) -> None:
    options = replace(TINY, sections=("inversion",), seed=7)
    first, again = (benchmark(options, tiny_root)["packs"][0]["inversion"] for _ in range(2))
    assert first["loss_start"] == again["loss_start"]
    assert first["loss_best"] == again["loss_best"]
    assert first["total"]["repeats"] != again["total"]["repeats"]


def test_what_does_not_fit_is_told_and_the_rest_measured(
    tiny_root: Path, here: type[_Here]
) -> None:
    here.fails = {("encode", 2)}
    for file in (tiny_root / "boundaries" / "tiny").iterdir():
        file.unlink()
    options = replace(TINY, sections=("slider", "throughput"), batches=(4, 2, 1))
    result = benchmark(options, tiny_root)
    (pack,) = result["packs"]
    assert "has no slider" in pack["errors"]["slider"]
    assert "slider" not in pack
    cases = {(case["work"], case["batch"]): case for case in pack["throughput"]}
    assert "too much" in cases["encode", 2]["error"]
    assert ("encode", 4) not in cases
    assert len(cases) == 2 + 3 + 3
    text = table(result)
    assert "too much" in text
    assert "| tiny, encode | 1 × " in text
    assert "failed" in text


def test_a_size_that_fails_leaves_the_others(
    tmp_path: Path, here: type[_Here], monkeypatch: pytest.MonkeyPatch
) -> None:
    make = run.write_random_pack

    def fails(root: Path, size: int, seed: int) -> str:
        if size == 32:
            raise RuntimeError(f"{root}/checkpoints: out of memory\nsecond line")
        return make(root, size, seed)

    monkeypatch.setattr(run, "write_random_pack", fails)
    options = replace(QUICK, sizes=(32, 16), sections=("slider",), device="cpu", moves=3)
    bad, good = benchmark(options)["packs"]
    assert bad["errors"] == {"pack": "…/checkpoints: out of memory"}
    assert good["slider"]["median"] > 0
    assert good["weights"] == "random"


def test_inputs_are_checked_before_anything_is_measured(tiny_root: Path, tmp_path: Path) -> None:
    with pytest.raises(PackNotFoundError, match="nowhere"):
        benchmark(replace(TINY, domains=("nowhere",)), tiny_root)
    with pytest.raises(OptionError, match="device"):
        benchmark(replace(TINY, device="abacus"), tiny_root)
    with pytest.raises(TrainingError):
        benchmark(TINY, tiny_root, tmp_path / "none.zip")


@pytest.mark.parametrize(
    "bad",
    [
        {"sizes": (100,)},
        {"sizes": (2048,)},
        {"sizes": ()},
        {"sections": ("speed",)},
        {"sections": ()},
        {"repeats": 0},
        {"batches": (0,)},
        {"batches": ()},
        {"processes": (0,)},
        {"steps": 0},
        {"threads": 0},
        {"window_s": 0.0},
        {"warm_starts": -1},
    ],
)
def test_options_outside_their_range(bad: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        BenchmarkOptions(**bad)


# -- the report ------------------------------------------------------------------------------------


def test_only_what_lies_between_the_markers_changes(tmp_path: Path) -> None:
    head, tail = b"# T\r\n\xff caf\xc3\xa9 " + BEGIN, END + b" z\r\nno newline at the end"
    path = tmp_path / "README.md"
    path.write_bytes(head + b"\nold\n" + tail)
    write_readme(path, "| ² |\n")
    assert path.read_bytes() == head + "\n| ² |\n".encode() + tail
    write_readme(path, "new")
    assert path.read_bytes() == head + b"\nnew\n" + tail
    assert [p.name for p in tmp_path.iterdir()] == ["README.md"]


@pytest.mark.parametrize("data", [b"", BEGIN, END, END + BEGIN, BEGIN + END + BEGIN + END])
def test_a_file_without_a_place_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "README.md"
    path.write_bytes(data)
    with pytest.raises(OptionError, match="bench:begin"):
        write_readme(path, "x")
    assert path.read_bytes() == data


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="cannot be read"):
        check_readme(tmp_path / "none.md")


@pytest.mark.parametrize("bad", [{}, [], {"packs": [{}]}, {"packs": 3}])
def test_what_is_no_result_has_no_table(bad: Any) -> None:
    with pytest.raises(OptionError, match="no result"):
        table(bad)

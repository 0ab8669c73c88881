"""Record what the program makes, and compare two records: nothing that is not meant may change.

    python -m tests.unchanged record FOLDER        # on the old tree, then on the new one
    python -m tests.unchanged compare OLD NEW      # prints what differs; exit status 1 if anything
    python -m tests.unchanged opens OLD            # files that the old tree wrote still open

Equal to the bit holds on one machine with one build of torch alone; therefore a script, not a test.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from editor import Crop, Editor, InversionOptions

ROOT = Path(__file__).resolve().parents[1]
STEPS = 3
TIMES = {
    "seconds",
    "images_per_s",
    "time_s",
    "wall_s",
    "hours",
    "date",
    "made",
    "peak_mb",
    "machine",
}


def record(folder: Path) -> None:
    """Write `record.json`, and every file that the program wrote, into a new folder."""
    folder.mkdir(parents=True)
    found: dict[str, str] = {}
    for name in sorted(p.name for p in (ROOT / "boundaries").iterdir()):
        found |= {f"{name}/{key}": value for key, value in _of_pack(name, folder)}
    found |= dict(_of_commands(folder / "commands"))
    (folder / "record.json").write_text(json.dumps(found, indent=1, sort_keys=True))
    print(f"{len(found)} entries in {folder / 'record.json'}")


def _of_pack(name: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Samples, inversions, every slider at both ends, and paste-back of a shipped pack."""
    editor = Editor.open(name, "cpu")
    for seed in range(8):
        sample = editor.sample(seed, 0.7)
        yield f"sample {seed} code", _digest(sample.wp)
        yield f"sample {seed} picture", _digest(_picture(editor, sample))
    options = InversionOptions(steps=STEPS, patience=0)
    for seed in range(4):
        photo = _photo(editor, 100 + seed)
        path = folder / f"{name} {seed}.png"
        photo.save(path)
        edit = editor.invert(path, Crop(0.5, 0.45, 0.6, 5.0 * seed), options)
        yield f"photo {seed} code", _digest(edit.wp)
        yield f"photo {seed} picture", _digest(_picture(editor, edit))
        yield f"photo {seed} losses", repr(edit.losses)
        yield f"photo {seed} found", repr(editor.find(path))
        for info in editor.sliders:
            for end in info.range:
                moved = edit.move(**{info.name: end})
                yield f"photo {seed} {info.name} {end}", _digest(_picture(editor, moved))
        first = next(iter(editor.sliders))
        moved = edit.move(**{first.name: first.range[1]})
        for mode in ("difference", "replace"):
            yield f"photo {seed} pasted, {mode}", _digest(_pasted(editor, moved, mode))
        mask = torch.zeros(editor.info.resolution, editor.info.resolution)
        mask[: editor.info.resolution // 2] = 1
        inside = moved.inside(mask).on_layers(**{first.name: (0, 1)})
        yield f"photo {seed} painted", _digest(_picture(editor, inside))
        yield f"photo {seed} painted, pasted", _digest(_pasted(editor, inside, "difference"))
        code = folder / f"{name} {seed}.npz"
        _save_code(editor, inside, code)
        yield f"photo {seed} saved code", _digest(_picture(editor, editor.open_code(code)))
        if seed == 0:
            settled = editor.settle(inside, options)
            yield "settled", _digest(settled.wp)
            yield "settled, pasted", _digest(_pasted(editor, settled, "difference"))


def _picture(editor: Any, edit: Any) -> Image.Image:
    found: Image.Image = editor.render(edit) if hasattr(editor, "render") else edit.image
    return found


def _pasted(editor: Any, edit: Any, mode: str) -> Image.Image:
    found: Image.Image = editor.paste(edit, mode) if hasattr(editor, "paste") else edit.paste(mode)
    return found


def _save_code(editor: Any, edit: Any, path: Path) -> None:
    editor.save_code(edit, path) if hasattr(editor, "save_code") else edit.save_code(path)


def _photo(editor: Editor, seed: int) -> Image.Image:
    """A generated picture on a background of a telephone's shape."""
    photo = Image.new("RGB", (300, 400), (90, 110, 130))
    photo.paste(editor.example(seed).resize((180, 180), Image.Resampling.BICUBIC), (60, 90))
    return photo


def _of_commands(folder: Path) -> Iterator[tuple[str, str]]:
    """The files and words of every command on a small case (not convert, download, benchmark)."""
    folder.mkdir()
    editor = Editor.open("faces64", "cpu")
    for part, count in (("photos", 3), ("other", 3)):
        (folder / part).mkdir()
        for seed in range(count):
            photo = _photo(editor, 10 * len(part) + seed)
            photo.save(folder / part / f"{part}{seed}.png")
    _labelled(editor, folder / "data", 140)
    few = ("--steps", 2)
    face = ("--domain", "faces64", "--device", "cpu", "--threads", 1)
    tiny = ("--fmaps-base", 64, "--fmaps-max", 8)
    run = _Runner(folder)
    yield from run("align", "photos", *face, "--out", "o-align")
    yield from run("invert", "photos", *face, *few, "--out", "o-invert")
    codes = sorted(str(p.relative_to(folder)) for p in (folder / "o-invert").rglob("*.npz"))
    yield from run("edit", codes[0], *face, "--move", "smile=2", "--out", "o-edit")
    yield from run(
        "edit", "photos/photos1.png", *face, *few, "--move", "age=-2", "smile=1", "--settle",
        "--out", "o-edit2",
    )  # fmt: skip
    yield from run("interpolate", *codes[:2], *face, "--frames", 4, "--out", "o-path.gif")
    yield from run("mix", "--help")
    yield from run("project", "new", "photos", *face, *few, "--out", "o-p.zip", "--move", "smile=2")
    yield from run("project", "list", "o-p.zip")
    yield from run("project", "compare", "o-p.zip", 0, 1, "--out", "o-compare.png")
    yield from run("project", "save", "o-p.zip", "--out", "o-saved")
    yield from run("discover", *face, "--count", 2, "--out", "o-discover")
    yield from run("teach", "own", "--has", "photos", "--has-not", "other", *face, "--samples", 128,
                   "--strip", "o-strip.png", "--out", "o-own.safetensors")  # fmt: skip
    yield from run("show", *face, "--out", "o-show")
    yield from run("inspect", ROOT / "boundaries/faces64/smile.safetensors")
    yield from run(
        "train-generator", "--data", "data", "--out", "o-g", "--resolution", 8, *tiny,
        "--fmaps-base-d", 64, "--batch", 4, "--kimg", 0.016, "--threads", 1,
    )  # fmt: skip
    yield from run(
        "train-predictor", "--data", "data", "--out", "o-r", "--side", 32, "--width", 8, "--batch", 4,
        "--kimg", 0.016, "--threads", 1, "--held-out", 20,
    )  # fmt: skip
    yield from run(
        "train-encoder", "--data", "data", "--generator", "o-g", "--out", "o-e", *tiny, "--batch",
        4, "--heads", "single", "--kimg", 0.016, "--threads", 1, "--held-out", 20,
    )  # fmt: skip
    yield from run("make-pack", "--help")
    yield from run("measure-response", "--help")
    yield from run("measure-samples", "--generator", ROOT / "checkpoints/faces64", "--photos", "data", "--count", 32,
                   "--features", ROOT.parent / "shared/data/squeezenet_v1.0.npz",
                   "--out", "o-m.json")  # fmt: skip
    yield from run("measure-aligner", "--help")
    yield from run(
        "evaluate", *face, "--photos", "data", "--train", "data", "--count", 12, *few, "--methods", "encoder", "in-domain", "--out",
        "o-evaluate",
        "--features", ROOT.parent / "shared/data/squeezenet_v1.0.npz",
    )  # fmt: skip
    yield from run(
        "fit-boundaries", *face, "--data", "data", "--samples", 200, "--probes", 4,
        "--attributes", "smile", "age", "--out", "o-boundaries",
    )  # fmt: skip


def _labelled(editor: Editor, folder: Path, count: int) -> None:
    folder.mkdir()
    labels = {}
    for seed in range(count):
        editor.example(seed).save(folder / f"{seed:03}.png")
        labels[f"{seed:03}.png"] = {
            "smile": float(seed % 2),
            "age": float(seed % 7) * 10,
            "glasses": float(seed % 3 == 0),
            "yaw": float(seed % 5) - 2,
        }
    (folder / "dataset.json").write_text(json.dumps({"attributes": labels}))


class _Runner:
    """Runs commands in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0

    def __call__(self, *given: object) -> Iterator[tuple[str, str]]:
        before = {p: p.stat().st_mtime_ns for p in self.folder.rglob("*") if p.is_file()}
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            "COLUMNS": "100",
        }
        done = subprocess.run(
            [sys.executable, "-m", "editor", *map(str, given)],
            cwd=self.folder, capture_output=True, text=True, env=environment, check=False,
        )  # fmt: skip
        self.count += 1
        name = f"{self.count:02} {given[0]}"
        print(name, done.returncode, *([done.stderr[-600:]] if done.returncode else []), flush=True)
        yield f"{name} status", str(done.returncode)
        if "--help" not in given:
            yield f"{name} says", _words(done.stdout)
        for path in sorted(p for p in self.folder.rglob("*") if p.is_file()):
            if before.get(path) != path.stat().st_mtime_ns:
                yield f"{name} {path.relative_to(self.folder)}", file_digest(path)


def _words(text: str) -> str:
    """Without times and rates."""
    text = re.sub(r"\d+(\.\d+)?( ?ms| ?s\b| ?h\b|/s| images a second| MB)", "T", text)
    return "\n".join(line for line in text.splitlines() if "it/s" not in line)


def _digest(value: Any) -> str:
    if isinstance(value, Image.Image):
        return hashlib.sha256(repr(value.size).encode() + value.tobytes()).hexdigest()[:24]
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().contiguous().numpy()
    array = np.ascontiguousarray(value)
    head = f"{array.dtype.str} {array.shape}".encode()
    return hashlib.sha256(head + array.tobytes()).hexdigest()[:24]


def file_digest(path: Path) -> str:
    """What a file holds, without the times in it."""
    suffix = path.suffix
    if suffix in (".png", ".jpg", ".webp"):
        with Image.open(path) as image:
            return _digest(image.convert("RGBA"))
    if suffix == ".json":
        return _json_digest(json.loads(path.read_text()))
    if suffix == ".jsonl":
        return _json_digest([json.loads(line) for line in path.read_text().splitlines()])
    if suffix in (".npz", ".zip"):
        with zipfile.ZipFile(path) as archive:
            return repr(
                [(n, _bytes_digest(archive.read(n), n)) for n in sorted(archive.namelist())]
            )
    if suffix in (".csv", ".md", ".txt"):
        return _words(path.read_text())
    return _bytes_digest(path.read_bytes(), path.name)


def _bytes_digest(data: bytes, name: str) -> str:
    if name.endswith(".json"):
        return _json_digest(json.loads(data))
    return hashlib.sha256(data).hexdigest()[:24]


def _json_digest(value: Any) -> str:
    return json.dumps(_timeless(value), sort_keys=True)[:4000]


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _timeless(v) for k, v in value.items() if k not in TIMES and k[-2:] != "_s"}
    if isinstance(value, list):
        return [_timeless(one) for one in value]
    return value


def compare(old: Path, new: Path) -> int:
    """Print what differs; how many entries do."""
    first = json.loads((old / "record.json").read_text())
    second = json.loads((new / "record.json").read_text())
    differ = [key for key in {**first, **second} if first.get(key) != second.get(key)]
    for key in differ:
        print(f"{key}\n  old: {str(first.get(key))[:300]}\n  new: {str(second.get(key))[:300]}")
    print(f"{len(differ)} of {len(first)} entries differ")
    return len(differ)


def opens(old: Path) -> int:
    """Open codes, projects and sliders that another version wrote; how many cannot be opened."""
    failed = 0
    record_of = json.loads((old / "record.json").read_text())
    for path in sorted(old.glob("*.npz")):
        name, seed = path.stem.rsplit(" ", 1)
        editor = Editor.open(name, "cpu")
        same = _digest(_picture(editor, editor.open_code(path)))
        if same != record_of[f"{name}/photo {seed} saved code"]:
            print(f"{path} gives another picture")
            failed += 1
    runner = _Runner(old / "commands")
    said = dict(runner("project", "list", "o-p.zip"))
    failed += said["01 project status"] != "0"
    said = dict(runner("inspect", "o-own.safetensors"))
    failed += said["02 inspect status"] != "0"
    print(f"{failed} failed")
    return failed


if __name__ == "__main__":
    torch.set_num_threads(1)
    action, *paths = sys.argv[1:]
    where = [Path(path).absolute() for path in paths]
    if action == "record":
        record(*where)
    else:
        sys.exit(bool(compare(*where) if action == "compare" else opens(*where)))

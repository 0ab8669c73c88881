from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editor.errors import ImageError, OptionError, UnavailableError
from editor.media.images import SOURCE_TYPE
from editor.media.motion import (
    KINDS,
    check_motion,
    encode_motion,
    kind_of,
    save_motion,
)
from editor.media.sheets import strip


def make_frames(count: int, width: int = 32, height: int = 32) -> list[Image.Image]:
    """A bright square that wanders over a gradient."""
    y, x = np.mgrid[:height, :width]
    ground = np.stack([x * 200 / width, y * 200 / height, np.full(x.shape, 90)], axis=2)
    found = []
    for i in range(count):
        pixels = ground.astype(np.uint8)
        left = i * (width - 8) // max(count - 1, 1)
        pixels[8:16, left : left + 8] = (240, 220, 60)
        found.append(Image.fromarray(pixels))
    return found


def _error(found: Image.Image, expected: Image.Image) -> float:
    a, b = (np.asarray(x.convert("RGB"), dtype=float) for x in (found, expected))
    return float(np.abs(a - b).mean())


def _decode_mp4(data: bytes) -> tuple[list[Image.Image], float, dict[str, str]]:
    import av

    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.pix_fmt == "yuv420p"
        pictures = [Image.fromarray(f.to_ndarray(format="rgb24")) for f in container.decode(stream)]
        return pictures, float(stream.average_rate), dict(container.metadata)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_animations_hold_the_frames(kind: str) -> None:
    frames = make_frames(7)
    with Image.open(io.BytesIO(encode_motion(frames, kind, fps=24))) as found:
        assert found.format == kind
        assert found.n_frames == 7
        assert found.info["loop"] == 0
        durations = []
        for i, frame in enumerate(frames):
            found.seek(i)
            found.load()
            durations.append(found.info["duration"])
            assert _error(found, frame) < 4
    assert sum(durations) == pytest.approx(7000 / 24, abs=5 if kind == "GIF" else 1)
    assert max(durations) - min(durations) <= (10 if kind == "GIF" else 1)


def test_once() -> None:
    with Image.open(io.BytesIO(encode_motion(make_frames(3), "GIF", repeat=False))) as gif:
        assert "loop" not in gif.info
    with Image.open(io.BytesIO(encode_motion(make_frames(3), "WEBP", repeat=False))) as webp:
        assert webp.info["loop"] == 1


@pytest.mark.parametrize("fps", [10, 23.976, 30])
def test_mp4_holds_the_frames(fps: float) -> None:
    frames = make_frames(9, 64, 64)
    pictures, rate, _ = _decode_mp4(encode_motion(frames, "MP4", fps=fps))
    assert rate == pytest.approx(fps, abs=0.01)
    assert len(pictures) == 9
    for found, frame in zip(pictures, frames, strict=True):
        assert _error(found, frame) < 5


@pytest.mark.parametrize(
    "colour", [(200, 60, 40), (30, 120, 220), (128, 128, 128), (250, 250, 250)]
)
def test_mp4_keeps_colours(colour: tuple[int, int, int]) -> None:
    import av

    data = encode_motion([Image.new("RGB", (64, 64), colour)] * 3, "MP4")
    pictures, _, _ = _decode_mp4(data)
    assert np.abs(np.asarray(pictures[1]).astype(int) - np.array(colour)).max() <= 3
    with av.open(io.BytesIO(data)) as container:  # players need not guess the colour space
        assert container.streams.video[0].codec_context.colorspace == 1


def test_sides_become_even_for_mp4_alone() -> None:
    odd = make_frames(3, 33, 27)
    assert _decode_mp4(encode_motion(odd, "MP4"))[0][0].size == (34, 28)
    with Image.open(io.BytesIO(encode_motion(odd, "GIF"))) as gif:
        assert gif.size == (33, 27)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "MP4", "strip"])
def test_scale(kind: str) -> None:
    frames = make_frames(3)
    data = encode_motion(frames, kind, scale=3)
    picture = _decode_mp4(data)[0][0] if kind == "MP4" else Image.open(io.BytesIO(data))
    assert picture.size == ((288, 96) if kind == "strip" else (96, 96))
    first = picture.convert("RGB").crop((0, 0, 96, 96))
    assert _error(first.resize((32, 32), Image.Resampling.BOX), frames[0]) < 5


def test_a_strip_is_exact() -> None:
    frames = make_frames(4)
    with Image.open(io.BytesIO(encode_motion(frames, "strip"))) as found:
        assert found.format == "PNG"
        expected = np.concatenate([np.asarray(frame) for frame in frames], axis=1)
        assert np.array_equal(np.asarray(found), expected)
    assert strip(frames[:1]).size == (32, 32)
    with pytest.raises(OptionError, match="at least one"):
        strip([])


@pytest.mark.parametrize("suffix", KINDS)
def test_saved_files_say_that_a_model_made_them(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"new/x{suffix.upper()}"
    save_motion(make_frames(4), path)
    assert SOURCE_TYPE.encode() in path.read_bytes()
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_the_same_frames_give_the_same_bytes() -> None:
    for kind in KINDS.values():
        assert encode_motion(make_frames(5), kind) == encode_motion(make_frames(5), kind)


def test_mp4_takes_frames_one_at_a_time() -> None:
    """Frames that were encoded are not kept."""
    import weakref

    alive: list[weakref.ref[Image.Image]] = []
    most = 0

    def frames() -> Iterator[Image.Image]:
        nonlocal most
        for frame in make_frames(12):
            new = frame.copy()
            alive.append(weakref.ref(new))
            most = max(most, sum(ref() is not None for ref in alive))
            yield new

    encode_motion(frames(), "MP4")
    assert len(alive) == 12
    assert most <= 3


@pytest.mark.parametrize("suffix", KINDS)
def test_stopping_leaves_what_was_there(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(b"before")

    def frames() -> Iterator[Image.Image]:
        yield from make_frames(3)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_motion(frames(), path)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ImageError, match="cannot be written"):
        save_motion(make_frames(2), tmp_path / "file" / "x.gif")


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "MP4", "strip"])
def test_counts_and_sizes(kind: str) -> None:
    for few in ([], make_frames(1)):
        with pytest.raises(OptionError, match="at least 2"):
            encode_motion(few, kind)
    with pytest.raises(ImageError, match="frame 3 is 30×32"):
        encode_motion([*make_frames(2), *make_frames(1, 30, 32)], kind)


def test_absurd_amounts_are_refused_before_memory_is_taken() -> None:
    small, large = Image.new("RGB", (2, 2)), Image.new("RGB", (2048, 2048))
    with pytest.raises(OptionError, match="more than 1000"):
        encode_motion([small] * 1001, "WEBP")
    with pytest.raises(OptionError, match="fewer frames"):
        encode_motion([large] * 2, "GIF", scale=4)
    wide = Image.new("RGB", (9000, 2))
    with pytest.raises(OptionError, match="fewer frames"):
        encode_motion([wide] * 8, "strip")


def test_the_frames_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("editor.media.motion.MAX_PIXELS", 5 * 64 * 64)
    taken = 0

    def frames() -> Iterator[Image.Image]:
        nonlocal taken
        for frame in make_frames(100, 32, 32):
            taken += 1
            yield frame

    for kind in KINDS.values():
        taken = 0
        with pytest.raises(OptionError, match="megapixels"):
            encode_motion(frames(), kind, scale=2)
        assert taken == 6, kind


def test_options_outside_their_range() -> None:
    for fps in (0, -1, 61, float("nan"), float("inf")):
        with pytest.raises(OptionError, match="frames a second"):
            check_motion("WEBP", fps)
    check_motion("WEBP", 60)
    with pytest.raises(OptionError, match="webp"):
        check_motion("GIF", 60)
    for scale in (0, -1, 17):
        with pytest.raises(OptionError, match="scale"):
            check_motion("GIF", 24, scale)
    with pytest.raises(OptionError, match="AVI"):
        check_motion("AVI")


def test_suffixes(tmp_path: Path) -> None:
    assert [kind_of(f"a/b{suffix}") for suffix in KINDS] == list(KINDS.values())
    for name in ("x.avi", "x", "x.jpg"):
        with pytest.raises(OptionError, match=r"\.gif, \.webp, \.mp4, \.png"):
            save_motion(make_frames(2), tmp_path / name)


def test_without_pyav_everything_but_mp4_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(UnavailableError, match="pip install av"):
        encode_motion(make_frames(2), "MP4")
    assert encode_motion(make_frames(2), "GIF")

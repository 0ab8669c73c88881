"""Frames to moving pictures: GIF, animated WebP and MP4, and a strip of frames side by side.

What is saved says that a model made it, as in `editor.media.images`.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from editor.errors import ImageError, OptionError, UnavailableError
from editor.files import why, write_whole
from editor.media.images import SOURCE_TYPE, XMP, encode_image
from editor.media.sheets import strip

if TYPE_CHECKING:
    from av.video.stream import VideoStream

KINDS = {".gif": "GIF", ".webp": "WEBP", ".mp4": "MP4", ".png": "strip"}
MIN_FRAMES, MAX_FRAMES = 2, 1000
MAX_FPS = 60
MAX_FPS_GIF = 50  # a GIF counts in 1/100 s, and browsers slow down what is shown for less than two
MAX_SCALE = 16
MAX_PIXELS = 300_000_000  # of all frames together
MAX_SIDE_PX = {"GIF": 4096, "WEBP": 4096, "MP4": 4096, "strip": 65_535}
BT709 = 1  # the number of that colour space in H.264, table E-5


def kind_of(path: str | Path) -> str:
    """Return the kind that a file's suffix asks for: "GIF", "WEBP", "MP4" or "strip" (.png).

    Raises:
        OptionError: the suffix is none of these.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in KINDS:
        raise OptionError(f"'{suffix}' is not a moving picture; use {', '.join(KINDS)}")
    return KINDS[suffix]


def check_motion(kind: str, fps: float = 24.0, scale: int = 1) -> None:
    """Refuse options that `encode_motion` would refuse, before any frame is made.

    Raises:
        OptionError: kind, fps or scale is not possible; MP4 where PyAV is missing is an
            `UnavailableError`.
    """
    if kind not in KINDS.values():
        raise OptionError(f"'{kind}' is not known; use {', '.join(KINDS.values())}")
    most = MAX_FPS_GIF if kind == "GIF" else MAX_FPS
    if not (math.isfinite(fps) and 1 <= fps <= most):
        more = "; .webp and .mp4 show up to 60" if kind == "GIF" else ""
        raise OptionError(f"{fps} frames a second; {kind} needs 1…{most}{more}")
    if not 1 <= scale <= MAX_SCALE:
        raise OptionError(f"scale {scale} is outside 1…{MAX_SCALE}")
    if kind == "MP4":
        try:
            import av  # noqa: F401
        except ImportError as error:
            raise UnavailableError(
                "MP4 needs PyAV: pip install av; or save as .webp or .gif"
            ) from error


def encode_motion(
    frames: Iterable[Image.Image],
    kind: str,
    fps: float = 24.0,
    repeat: bool = True,
    scale: int = 1,
) -> bytes:
    """Encode frames as the bytes of a file.

    Frames are taken one at a time, so that an iterator may make each when it is asked for, and stop
    all by raising. MP4 holds one frame in memory, the others hold all.

    Args:
        frames: 2…1000 pictures of one size.
        kind: "GIF" (256 colours a frame), "WEBP", "MP4" (H.264, yuv420p) or "strip" (PNG).
        fps: frames a second, 1…60 (GIF: 50); a strip has none.
        repeat: GIF and WebP play for ever, else once; in MP4 the player decides.
        scale: each pixel becomes this many in both directions, smoothly.

    Raises:
        OptionError: an option outside its range, too few, too many or too large frames.
        ImageError: the frames differ in size.
        UnavailableError: MP4, and PyAV is not installed.
    """
    check_motion(kind, fps, scale)
    enlarged = _enlarged(frames, kind, scale)
    if kind == "strip":
        return encode_image(strip(enlarged), "PNG")
    if kind == "MP4":
        return _mp4(enlarged, fps)
    if kind == "GIF":
        return _gif(enlarged, fps, repeat)
    return _webp(enlarged, fps, repeat)


def save_motion(
    frames: Iterable[Image.Image],
    path: str | Path,
    fps: float = 24.0,
    repeat: bool = True,
    scale: int = 1,
) -> None:
    """Save frames whole or not at all. The suffix chooses the format that `encode_motion` writes.

    Raises:
        OptionError, UnavailableError: as `encode_motion`.
        ImageError: the frames differ in size, or the folder cannot be written.
    """
    target = Path(path)
    data = encode_motion(frames, kind_of(target), fps, repeat, scale)
    try:
        write_whole(target, data)
    except OSError as error:
        raise ImageError(f"{target} cannot be written: {why(error)}") from error


def _enlarged(frames: Iterable[Image.Image], kind: str, scale: int) -> Iterator[Image.Image]:
    """Yield each frame as RGB in its final size, after a check."""
    size: tuple[int, int] | None = None
    count = 0
    for count, frame in enumerate(frames, start=1):
        if size is None:
            size = frame.size
        width, height = size[0] * scale, size[1] * scale
        _check_frame(frame, size, (width, height), count, kind)
        rgb = frame.convert("RGB")
        yield rgb if scale == 1 else rgb.resize((width, height), Image.Resampling.BICUBIC)
    if count < MIN_FRAMES:
        raise OptionError(f"{count} frames were given; at least {MIN_FRAMES} are needed")


def _check_frame(
    frame: Image.Image, first: tuple[int, int], size: tuple[int, int], count: int, kind: str
) -> None:
    if frame.size != first:
        raise ImageError(
            f"frame {count} is {frame.width}×{frame.height}, the first {first[0]}×{first[1]}"
        )
    if count > MAX_FRAMES:
        raise OptionError(f"more than {MAX_FRAMES} frames; make fewer")
    width, height = size
    wide = width * count if kind == "strip" else width
    limit = MAX_SIDE_PX[kind]
    if max(wide, height) > limit or width * height * count > MAX_PIXELS:
        raise OptionError(
            f"{count} frames of {width}×{height} are too much for {kind} (sides to {limit} px, all "
            f"frames to {MAX_PIXELS // 10**6} megapixels); make fewer frames or a smaller scale"
        )


def _durations_ms(count: int, fps: float, unit_ms: int) -> list[int]:
    """Return how long to show each frame, ms, in whole units that never drift from the rate."""
    ends = [unit_ms * round(i * 1000 / fps / unit_ms) for i in range(count + 1)]
    return [b - a for a, b in pairwise(ends)]


def _gif(frames: Iterable[Image.Image], fps: float, repeat: bool) -> bytes:
    # no dithering: its grain would crawl from frame to frame
    coloured = [
        frame.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE) for frame in frames
    ]
    buffer = io.BytesIO()
    coloured[0].save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=coloured[1:],
        duration=_durations_ms(len(coloured), fps, 10),
        comment=SOURCE_TYPE,
        **({"loop": 0} if repeat else {}),
    )
    return buffer.getvalue()


def _webp(frames: Iterable[Image.Image], fps: float, repeat: bool) -> bytes:
    pictures = list(frames)
    buffer = io.BytesIO()
    pictures[0].save(
        buffer,
        format="WEBP",
        save_all=True,
        append_images=pictures[1:],
        duration=_durations_ms(len(pictures), fps, 1),
        loop=0 if repeat else 1,
        quality=90,
        method=4,
        xmp=XMP.encode(),
    )
    return buffer.getvalue()


def _mp4(frames: Iterable[Image.Image], fps: float) -> bytes:
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        container.metadata["comment"] = SOURCE_TYPE
        stream: VideoStream | None = None
        for frame in frames:
            pixels = _even(np.asarray(frame))
            if stream is None:
                rate = Fraction(fps).limit_denominator(1001)
                stream = container.add_stream("libx264", rate, options={"crf": "16"})
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt = "yuv420p"
                context = stream.codec_context
                context.colorspace = context.color_primaries = context.color_trc = BT709
            picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            container.mux(
                stream.encode(picture.reformat(format="yuv420p", dst_colorspace="ITU709"))
            )
        if stream is not None:
            container.mux(stream.encode())
    return buffer.getvalue()


def _even(pixels: np.ndarray) -> np.ndarray:
    """Repeat the last row or column of [H, W, 3] where that side is odd, as yuv420p needs even ones."""
    height, width = pixels.shape[:2]
    return np.pad(pixels, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")

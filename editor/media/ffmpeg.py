"""All bits of a still picture, by FFmpeg's decoders through PyAV."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

ROW_SPARE = 128  # px by which its buffers may be wider


def ffmpeg_frame(
    codec: Literal["png", "tiff"],
    data: bytes,
    dtype: np.dtype[Any],
    size: tuple[int, int],
    is_small: bool = False,
) -> np.ndarray | None:
    """Return what FFmpeg's decoder makes of a file as [H, W, C], C of 1…4; None where it refuses it.

    A file may hold several pictures: one of another size is not the one that was checked.

    FFmpeg takes any samples of so many bits for one number format, so that the right one is given.

    Args:
        codec: of the file.
        data: the file.
        dtype: of its samples.
        size: width and height that were checked, as the file holds them.
        is_small: the first picture of a TIFF calls itself a small copy, for which FFmpeg would take another.
    """
    import av

    width, height = size
    decoder: Any = av.CodecContext.create(codec, "r")
    # it takes no memory for more, where its rows may be longer
    most = {"max_pixels": str((width + ROW_SPARE) * height)}
    decoder.options = most | ({"thumbnail": "1"} if is_small else {})
    try:
        frames = [*decoder.decode(av.Packet(data)), *decoder.decode(None)]
    except av.FFmpegError:
        return None
    if len(frames) != 1 or len(frames[0].planes) != 1:
        return None
    frame, plane = frames[0], frames[0].planes[0]
    if (frame.width, frame.height) != size:
        return None
    pixel = frame.format.padded_bits_per_pixel // 8
    channels, odd = divmod(pixel, dtype.itemsize)
    if odd or not 1 <= channels <= 4:
        return None
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    own = np.ascontiguousarray(rows[: frame.height, : frame.width * pixel])
    ordered = dtype.newbyteorder(">" if frame.format.name.endswith("be") else "<")
    return np.asarray(own.view(ordered).reshape(frame.height, frame.width, channels))

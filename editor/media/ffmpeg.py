"""All bits of a still picture, by FFmpeg's decoders through PyAV."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np


def ffmpeg_frame(
    codec: Literal["png", "tiff"], data: bytes, dtype: np.dtype[Any]
) -> np.ndarray | None:
    """Return what FFmpeg's decoder makes of a file as [H, W, C], C of 1…4; None where it refuses it.

    FFmpeg takes any samples of so many bits for one number format, so that the right one is given.

    Args:
        codec: of the file.
        data: the file, whose size was checked.
        dtype: of its samples.
    """
    import av

    decoder: Any = av.CodecContext.create(codec, "r")
    try:
        frames = [*decoder.decode(av.Packet(data)), *decoder.decode(None)]
    except av.FFmpegError:
        return None
    if len(frames) != 1 or len(frames[0].planes) != 1:
        return None
    frame, plane = frames[0], frames[0].planes[0]
    pixel = frame.format.padded_bits_per_pixel // 8
    channels, odd = divmod(pixel, dtype.itemsize)
    if odd or not 1 <= channels <= 4:
        return None
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    own = np.ascontiguousarray(rows[: frame.height, : frame.width * pixel])
    ordered = dtype.newbyteorder(">" if frame.format.name.endswith("be") else "<")
    return np.asarray(own.view(ordered).reshape(frame.height, frame.width, channels))

"""Faces by OpenCV's YuNet, a published detector, from a file: instead of a pack's own aligner.

OpenCV is an option and imported here alone, when it is needed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from editor.errors import UnavailableError, WeightsError
from editor.files import read_regular
from editor.geometry import TIGHT, Alignment
from editor.photo.crop import Crop
from editor.photo.detect import Found, crop_of, distinct

LONG_PX = (320, 640)  # large faces are exact in the smaller, small ones are found in the larger
LIKELY = 0.3
MAX_BYTES = 64 * 2**20  # the published file has 230 KB
SURE = 0.7


def yunet_faces(
    photo: Image.Image, path: Path, least: float = SURE, alignment: Alignment = TIGHT
) -> list[tuple[Crop, float]]:
    """Squares around the faces of a photo, with a confidence 0…1, best first.

    Args:
        photo: RGB, upright.
        path: YuNet's ONNX file; open only one that you trust.
        least: confidence, 0…1, below which a square is not given; never below 0.3.
        alignment: of the domain: how its squares lie around a face.

    Raises:
        UnavailableError: OpenCV is not installed.
        WeightsError: the file is missing, or is no YuNet.
    """
    cv2 = _opencv()
    try:
        model = np.frombuffer(read_regular(path, MAX_BYTES, WeightsError), np.uint8)
    except WeightsError as error:
        raise WeightsError(
            f"YuNet's file: {error}; give the path of a face_detection_yunet_….onnx"
        ) from error
    found: list[Found] = []
    try:
        nothing = np.empty(0, np.uint8)
        detector = cv2.FaceDetectorYN.create("onnx", model, nothing, (320, 320), LIKELY)
        for longest in LONG_PX:
            found += _look(photo, detector, longest, alignment)
    except cv2.error as error:
        reason = " ".join(str(error).split())
        raise WeightsError(
            f"{path} is not a YuNet that OpenCV {cv2.__version__} can use ({reason}); give the path "
            f"of a face_detection_yunet_….onnx"
        ) from error
    return [
        (crop_of(one.pose, *photo.size), one.confidence)
        for one in distinct(found)
        if one.confidence >= least
    ]


def _look(photo: Image.Image, detector: Any, longest: int, alignment: Alignment) -> list[Found]:
    """Faces in a photo that is scaled to a longer side."""
    factor = longest / max(photo.size)
    size = (max(round(photo.width * factor), 1), max(round(photo.height * factor), 1))
    small = photo.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    detector.setInputSize(size)
    _, rows = detector.detect(np.ascontiguousarray(np.asarray(small)[:, :, ::-1]))  # BGR
    if rows is None:
        return []
    scale = np.array([photo.width / size[0], photo.height / size[1]])
    return [
        Found(alignment.square((row[4:14].reshape(5, 2) * scale).tolist()), float(row[14]))
        for row in rows
    ]


def _opencv() -> Any:
    try:
        import cv2  # type: ignore[import-not-found]
    except ImportError as error:
        raise UnavailableError(
            "YuNet needs OpenCV, which is not installed: pip install opencv-python-headless"
        ) from error
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # errors are raised as well
    return cv2

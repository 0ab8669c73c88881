"""Faces by OpenCV's YuNet, a published detector, from a file: instead of a pack's own aligner.

OpenCV is an option and imported here alone, when it is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from PIL import Image

from editor.errors import UnavailableError, WeightsError
from editor.files import read_regular
from editor.geometry import TIGHT, Alignment
from editor.photo.crop import Crop
from editor.photo.detect import Found, crop_of, distinct
from editor.photo.finder import SureAgain

LONG_PX = (320, 640)  # large faces are exact in the smaller, small ones are found in the larger
LIKELY = 0.3
MAX_BYTES = 64 * 2**20  # the published file has 230 KB
SURE = 0.7


class YuNetFinder:
    """Finds faces by YuNet, whose file is read once; safe among threads.

    Args:
        path: YuNet's ONNX file; open only one that you trust.
        alignment: of the domain: how its squares lie around a face.

    Raises:
        UnavailableError: OpenCV is not installed.
        WeightsError: the file is missing, or is no YuNet.
    """

    sure, sure_again = SURE, SureAgain(SURE, SURE)

    def __init__(self, path: Path, alignment: Alignment = TIGHT) -> None:
        self.path, self.alignment = path, alignment
        self._lock = Lock()
        cv2 = _opencv()
        try:
            model = np.frombuffer(read_regular(path, MAX_BYTES, WeightsError), np.uint8)
        except WeightsError as error:
            raise WeightsError(
                f"YuNet's file: {error}; give the path of a face_detection_yunet_….onnx"
            ) from error
        with self._telling():
            nothing = np.empty(0, np.uint8)
            self._detector = cv2.FaceDetectorYN.create("onnx", model, nothing, (320, 320), LIKELY)

    def aligned(self, alignment: Alignment) -> YuNetFinder:
        """Return a finder for another alignment, which shares the network."""
        other = copy(self)
        other.alignment = alignment
        return other

    @property
    def key(self) -> str:
        """The file, and how the squares lie."""
        return f"YuNet {self.path.absolute()} {self.alignment.values()}"

    def find(self, image: Image.Image) -> list[tuple[Crop, float]]:
        """Find squares around the faces of an upright RGB image, with confidences from 0.3 to 1."""
        with self._lock, self._telling():
            found = [one for longest in LONG_PX for one in self._look(image, longest)]
        return [(crop_of(one.pose, *image.size), one.confidence) for one in distinct(found)]

    def _look(self, photo: Image.Image, longest: int) -> list[Found]:
        """Find the faces of a photo after its longer side is scaled to a length, px."""
        factor = longest / max(photo.size)
        size = (max(round(photo.width * factor), 1), max(round(photo.height * factor), 1))
        small = photo.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
        self._detector.setInputSize(size)
        _, rows = self._detector.detect(np.ascontiguousarray(np.asarray(small)[:, :, ::-1]))  # BGR
        if rows is None:
            return []
        scale = np.array([photo.width / size[0], photo.height / size[1]])
        return [
            Found(self.alignment.square((row[4:14].reshape(5, 2) * scale).tolist()), float(row[14]))
            for row in rows
        ]

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Turn OpenCV's error into a `WeightsError`."""
        cv2 = _opencv()
        try:
            yield
        except cv2.error as error:
            reason = " ".join(str(error).split()).rpartition("error: ")[2]  # no path of its build
            raise WeightsError(
                f"{self.path} is not a YuNet that OpenCV {cv2.__version__} can use ({reason}); give "
                f"the path of a face_detection_yunet_….onnx"
            ) from error


def _opencv() -> Any:
    try:
        import cv2  # type: ignore[import-not-found]
    except ImportError as error:
        raise UnavailableError(
            "YuNet needs OpenCV, which is not installed: pip install opencv-python-headless"
        ) from error
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # errors are raised as well
    return cv2

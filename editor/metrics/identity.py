"""Do two pictures show the same person: a recogniser of faces that no network here learns from.

Reference: King, dlib-models: dlib_face_recognition_resnet_model_v1 (public domain), 99.38% on
Labelled Faces in the Wild at a distance of 0.6.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from editor.errors import OptionError, UnavailableError
from editor.media.images import to_pil

SAME_PERSON = 0.6  # distances below it, as its author sets it
INSTALL = "identity needs a recogniser of faces: pip install -r requirements-identity.txt"
NETWORK = "dlib_face_recognition_resnet_model_v1.dat"
POINTS = "shape_predictor_5_face_landmarks.dat"
CHIP, PADDING = 150, 0.25  # what the network takes: side, px, and margin around the face
BORDER = 0.25  # of the side, laid around a picture whose face fills it
Box = tuple[float, float, float, float]  # left, top, right, bottom, in parts of the side


class Recogniser(Protocol):
    """Finds faces, and says who they are."""

    name: str

    def find(self, images: Tensor) -> list[Box | None]:
        """Find the largest face of each picture [N, 3, R, R], RGB, in [-1, 1]."""
        ...

    def vectors(self, images: Tensor, boxes: list[Box | None]) -> Tensor:
        """Describe who is shown in each box: [N, D], float32, not a number where there is no box."""
        ...


class DlibRecogniser:
    """dlib's detector, landmarks and residual network.

    Raises:
        UnavailableError: its packages are not installed.
    """

    name = "dlib_face_recognition_resnet_model_v1"

    def __init__(self) -> None:
        models = _models_folder()
        try:
            import dlib
        except ImportError as error:
            raise UnavailableError(INSTALL) from error
        self._dlib = dlib
        self._detect = dlib.get_frontal_face_detector()
        self._points = dlib.shape_predictor(str(models / POINTS))
        self._network = dlib.face_recognition_model_v1(str(models / NETWORK))

    def find(self, images: Tensor) -> list[Box | None]:
        """Find the largest face of each picture [N, 3, R, R], RGB, in [-1, 1].

        Pictures are looked at in twice their size, and once more with a border where no face is found.
        """
        return [self._largest(pixels) for pixels in _pixels(images)]

    def vectors(self, images: Tensor, boxes: list[Box | None]) -> Tensor:
        """Describe who is shown in each box: [N, 128], float32, not a number where there is no box.

        Args:
            images: [N, 3, R, R], RGB, in [-1, 1].
            boxes: of the faces.
        """
        found = torch.full((len(boxes), 128), torch.nan)
        for index, (pixels, box) in enumerate(zip(_pixels(images), boxes, strict=True)):
            if box is not None:
                corners = [round(value * pixels.shape[0]) for value in box]
                points = self._points(pixels, self._dlib.rectangle(*corners))
                chip = self._dlib.get_face_chip(pixels, points, CHIP, PADDING)
                vector = self._network.compute_face_descriptor(chip)
                found[index] = torch.from_numpy(np.array(vector, dtype=np.float32))
        return found

    def _largest(self, pixels: np.ndarray) -> Box | None:
        side = pixels.shape[0]
        for border in (0, round(side * BORDER)):
            wide = np.pad(pixels, ((border, border), (border, border), (0, 0)), mode="edge")
            faces = self._detect(wide, 1)
            if len(faces):
                face = max(faces, key=lambda one: one.area())
                corners = (face.left(), face.top(), face.right(), face.bottom())
                left, top, right, bottom = ((value - border) / side for value in corners)
                return left, top, right, bottom
        return None


def recogniser_of(subject: str) -> Recogniser:
    """Return a recogniser for a domain of faces.

    Raises:
        OptionError: the domain's subject is another.
        UnavailableError: its packages are not installed.
    """
    if subject != "face":
        raise OptionError(f"--identity is of faces; a domain of the subject {subject} shows none")
    return DlibRecogniser()


@dataclass(frozen=True)
class People:
    """Who is shown in photos.

    Attributes:
        recogniser: that says so.
        boxes: of the face in each photo; None where none was found.
        vectors: [N, D].
    """

    recogniser: Recogniser
    boxes: list[Box | None]
    vectors: Tensor

    @classmethod
    def of(cls, recogniser: Recogniser, photos: Tensor) -> People:
        """Find the people of photos [N, 3, R, R], RGB, in [-1, 1]."""
        boxes = recogniser.find(photos)
        return cls(recogniser, boxes, recogniser.vectors(photos, boxes))

    def some(self, index: Tensor) -> People:
        """Return the people of the photos at some indices [M]."""
        return People(self.recogniser, [self.boxes[i] for i in index.tolist()], self.vectors[index])

    def distances(self, images: Tensor) -> Tensor:
        """Return how far each person is from the photo's: [N], not a number where no face was found.

        The face is looked for in the photo's box, as the picture is aligned like the photo.

        Args:
            images: [N, 3, R, R], RGB, in [-1, 1], one for each photo, aligned like it.
        """
        vectors = self.recogniser.vectors(images, self.boxes)
        distances: Tensor = torch.linalg.vector_norm(vectors - self.vectors, dim=1)
        return distances

    def compare(self, images: Tensor, which: Tensor | None = None) -> dict[str, Any]:
        """Compare the people in pictures with those in their photos.

        Args:
            images: as `distances` takes them.
            which: [N] bool, those that count; None for all.

        Returns:
            {"same": share below `SAME_PERSON`, "distance": mean, "photos": how many with a face};
            None in place of a figure of no photo.
        """
        distances = self.distances(images)
        known = ~distances.isnan() if which is None else ~distances.isnan() & which
        found = distances[known]
        if not len(found):
            return {"same": None, "distance": None, "photos": 0}
        return {
            "same": (found < SAME_PERSON).float().mean().item(),
            "distance": found.mean().item(),
            "photos": len(found),
        }


def _models_folder() -> Path:
    """Return the folder of the networks' files. Their package is not imported, as it needs old tools."""
    found = importlib.util.find_spec("face_recognition_models")
    for place in (found and found.submodule_search_locations) or ():
        folder = Path(place) / "models"
        if (folder / NETWORK).is_file() and (folder / POINTS).is_file():
            return folder
    raise UnavailableError(INSTALL)


def _pixels(images: Tensor) -> list[np.ndarray]:
    """Turn each picture into [R, R, 3], uint8."""
    return [np.array(to_pil(one)) for one in images]

"""The pictures that were rendered last, kept by their codes."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from PIL import Image
from torch import Tensor

KEPT_BYTES = 32 * 2**20


class PictureCache:
    """Keeps the pictures that were asked for last, by their codes; safe among threads."""

    def __init__(self, most: int = KEPT_BYTES) -> None:
        self.most = most
        self._kept: OrderedDict[bytes, Image.Image] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, code: Tensor, make: Callable[[Tensor], Image.Image]) -> Image.Image:
        """Return a copy of the picture of a code [num_ws, w_dim], made if it is not kept."""
        key = hashlib.sha256(code.contiguous().numpy().tobytes()).digest()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key].copy()
        image = make(code)
        size = 3 * image.width * image.height
        with self._lock:
            if key not in self._kept:
                self._kept[key] = image
                self._bytes += size
            while self._bytes > self.most:
                _, old = self._kept.popitem(last=False)
                self._bytes -= 3 * old.width * old.height
        return image.copy()

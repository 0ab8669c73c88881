"""A hostile client: one address, twenty sessions, doing all that once took the machine."""

from __future__ import annotations

import io
import json
import os
import random
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from tests.ui.stranger import Stranger

SESSIONS = 20
ADDRESS = "127.0.0.2"


class Hostile:
    """Twenty sessions of one address.

    Args:
        url: of the page.
    """

    def __init__(self, url: str) -> None:
        self.pages: list[Stranger] = []
        self.stopped = threading.Event()
        self.answers: dict[str, dict[int, int]] = {}
        for _ in range(SESSIONS):
            with suppress(httpx.HTTPError):
                transport = httpx.HTTPTransport(local_address=ADDRESS)
                self.pages.append(Stranger(url, transport=transport))
        self.photo = picture_bytes(Image.effect_noise((1500, 1000), 60).convert("RGB"), "JPEG")
        self.deep = deep_png()

    @property
    def attacks(self) -> dict[str, object]:
        """Each by its name: a function of a page."""
        return {
            "inversions that nobody reads": self.unread_inversions,
            "calls of one session": self.many_calls,
            "a code that swells": self.swelling_code,
            "deep pictures": self.deep_pictures,
            "large bodies": self.large_bodies,
            "uploads": self.uploads,
            "names many times": self.repeated_names,
            "projects": self.projects,
            "nine pictures at a time": self.pictures_past_the_queue,
        }

    @contextmanager
    def at_work(self, names: list[str] | None = None) -> Iterator[Hostile]:
        """All attacks at once, each again and again by every page, for the length of a `with`."""
        chosen = {name: self.attacks[name] for name in names or self.attacks}
        threads = []
        for index, page in enumerate(self.pages):
            for name in list(chosen)[index % 2 :: 2]:  # half of them each: enough threads
                thread = threading.Thread(target=self._again, args=(name, page), daemon=True)
                thread.start()
                threads.append(thread)
        try:
            yield self
        finally:
            self.stopped.set()
            last = time.monotonic() + 20
            for thread in threads:
                thread.join(timeout=max(0.0, last - time.monotonic()))

    def _again(self, name: str, page: Stranger) -> None:
        while not self.stopped.is_set():
            try:
                self.attacks[name](page)
            except (httpx.HTTPError, OSError, KeyError, IndexError, ValueError):
                time.sleep(0.2)
            time.sleep(0.02)

    def _count(self, name: str, answer: httpx.Response) -> httpx.Response:
        codes = self.answers.setdefault(name, {})
        codes[answer.status_code] = codes.get(answer.status_code, 0) + 1
        if answer.status_code == 429:
            time.sleep(0.2)
        return answer

    def unread_inversions(self, page: Stranger) -> None:
        photo = self._given(page, "photo.jpg", self.photo)
        for _ in range(3):
            self._count("inversions", page.join("stage", "upload", stage={"given": photo}))

    def many_calls(self, page: Stranger) -> None:
        for _ in range(50):
            moves = {"moves": {"smile": random.random()}, "turn": 1}  # each is an edit more
            self._count("calls", page.join("panel", "release", panel=moves))

    def swelling_code(self, page: Stranger) -> None:
        file = self._given(page, "code.npz", swelling_npz())
        self._count("codes", page.join("library", "upload", library={"given": [file]}))

    def deep_pictures(self, page: Stranger) -> None:
        file = self._given(page, "deep.png", self.deep)
        self._count("deep", page.join("stage", "upload", stage={"given": file}))

    def large_bodies(self, page: Stranger) -> None:
        value = {"restore": {"projects": {"faces64": "A" * (50 * 2**20)}, "photos": {}}}
        self._count("bodies", page.join("browser-storage", "apply", **{"browser-storage": value}))
        value = {"restore": {"projects": {"faces64": "A" * (20 * 2**20)}, "photos": {}}}
        self._count("bodies", page.join("browser-storage", "apply", **{"browser-storage": value}))

    def uploads(self, page: Stranger) -> None:
        self._count("uploads", page.upload("large.bin", b"x" * (30 * 2**20)))

    def repeated_names(self, page: Stranger) -> None:
        value = {"chosen": ["faces64:p1"] * 5000}
        self._count("names", page.join("library", "download", library=value))
        tiles = {"kind": "people", "tiles": [{"picture": "p1"}] * 2000, "gaps": [1.0] * 2000}
        self._count("names", page.join("animate-panel", "submit", **{"animate-panel": tiles}))

    def projects(self, page: Stranger) -> None:
        file = self._given(page, "project.zip", hostile_project())
        self._count("projects", page.join("library", "expand", library={"given": [file]}))

    def pictures_past_the_queue(self, page: Stranger) -> None:
        moves = [{"smile": random.random()} for _ in range(9)]
        asked = {"picture": "p1", "moves": moves}
        self._count("pictures", page.server_call("stage", "live", asked))

    def _given(self, page: Stranger, name: str, data: bytes) -> dict[str, object]:
        answer = self._count("files", page.upload(name, data))
        answer.raise_for_status()
        return {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}


def picture_bytes(image: Image.Image, kind: str) -> bytes:
    """A picture as a file."""
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def deep_png(side: int = 7900) -> bytes:
    """A 16-bit PNG of 62 megapixels that packs into some hundred kilobytes."""
    return picture_bytes(Image.fromarray(np.full((side, side), 30000, np.uint16)), "PNG")


def swelling_npz() -> bytes:
    """A code of three megabytes whose array would take gigabytes."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": "<f4", "fortran_order": False, "shape": (2**28, 3)}
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("wp.npy", head.getvalue() + bytes(300 * 2**20))
    return buffer.getvalue()


def hostile_project() -> bytes:
    """A project that claims all that one may claim, of pictures that are not there."""
    text = {
        "kind": "idgan-project",
        "schema": 1,
        "domain": "faces64",
        "generator": "0",
        "at": 0,
        "left": {},
        "pictures": [{"id": f"p{i}", "name": "x", "losses": {}} for i in range(100)],
        "nodes": [{"picture": "p0", "moves": {}, "layers": {}} for _ in range(300)],
        "sliders": [],
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project.json", json.dumps(text))
    return buffer.getvalue()


def main(url: str, seconds: float, *names: str) -> None:
    """Attack for so long, in a process that takes the processor last: it stands for another machine."""
    with suppress(OSError):
        Path(f"/proc/{os.getpid()}/autogroup").write_text("19")
    hostile = Hostile(url)
    print(json.dumps({"pages": len(hostile.pages)}), flush=True)
    with hostile.at_work(list(names) or None):
        time.sleep(seconds)
    print(json.dumps(hostile.answers), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), *sys.argv[3:])

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from editor.errors import UnavailableError
from editor.weights.fetch import fetch

DATA = b"weights" * 1000
SHA = hashlib.sha256(DATA).hexdigest()
hits: list[str] = []


class _Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        hits.append(self.path)
        if self.path == "/gone":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(DATA)))
        self.end_headers()
        self.wfile.write(DATA[:100] if self.path == "/broken" else DATA)

    def log_message(self, *args: object) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    hits.clear()
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()


def test_fetches_once(server: str, tmp_path: Path) -> None:
    for _ in range(2):
        path = fetch(f"{server}/file", SHA[:8], "w.pth", tmp_path)
        assert path.read_bytes() == DATA
    assert hits == ["/file"]


def test_a_damaged_cached_file_is_fetched_again(server: str, tmp_path: Path) -> None:
    (tmp_path / "w.pth").write_bytes(b"old")
    assert fetch(f"{server}/file", SHA[:8], "w.pth", tmp_path).read_bytes() == DATA


@pytest.mark.parametrize(
    ("path", "sha", "said"),
    [
        ("/file", "00000000", "not the pinned file"),
        ("/broken", SHA[:8], "broke off|could not be downloaded"),
        ("/gone", SHA[:8], "404.*by hand"),
    ],
)
def test_failures_keep_nothing(server: str, tmp_path: Path, path: str, sha: str, said: str) -> None:
    with pytest.raises(UnavailableError, match=said):
        fetch(server + path, sha, "w.pth", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_offline(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"by hand and put it at .*w\.pth"):
        fetch("http://127.0.0.1:9/file", SHA[:8], "w.pth", tmp_path)

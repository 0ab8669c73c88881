from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest
import torch

from editor.cli import main
from editor.errors import UnavailableError
from editor.packs.fetch import fetch
from editor.packs.load import load_domain
from editor.packs.published import fetch_published, files_of
from tests.reference.published import write_published

DATA = b"weights" * 1000
SHA = hashlib.sha256(DATA).hexdigest()
hits: list[str] = []
sent: list[int] = []
FILES: dict[str, bytes] = {"page": b"<!DOCTYPE html><html>Quota exceeded</html>"}


class _Server(BaseHTTPRequestHandler):
    """Knows ranges, except under /plain; breaks off after 100 bytes under /broken."""

    def do_GET(self) -> None:
        hits.append(self.path)
        folder = self.path.split("/")[1]
        data = FILES.get(self.path.rsplit("/", 1)[-1], DATA)
        if folder == "gone":
            self.send_error(404)
            return
        asked = self.headers.get("Range")
        begin = int(asked[6:].split("-")[0]) if asked and folder != "plain" else 0
        if begin >= len(data):
            self.send_error(416)
            return
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(data) - begin))
        self.end_headers()
        rest = data[begin:]
        sent.append(len(rest))
        self.wfile.write(rest[:100] if folder == "broken" else rest)

    def log_message(self, *args: object) -> None: ...


@pytest.fixture
def server() -> Iterator[str]:
    hits.clear()
    sent.clear()
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
        ("/gone", SHA[:8], "404.*by hand"),
        ("/page", "", "web page instead of the file"),
    ],
)
def test_failures_keep_nothing(server: str, tmp_path: Path, path: str, sha: str, said: str) -> None:
    with pytest.raises(UnavailableError, match=said):
        fetch(server + path, sha, "w.pth", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_another_size_is_refused(server: str, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=f"has {len(DATA)} bytes, expected 5"):
        fetch(f"{server}/file", "", "w.pth", tmp_path, size=5)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("folder", ["file", "plain"])
def test_what_broke_off_is_gone_on_with(server: str, tmp_path: Path, folder: str) -> None:
    """Where the server cannot go on from a place, the file is fetched from the beginning."""
    with pytest.raises(UnavailableError, match=f"after 100 of {len(DATA)} bytes.*again to go on"):
        fetch(f"{server}/broken/w.pth", SHA[:8], "w.pth", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".w.pth.part"]
    seen: list[tuple[int, int]] = []
    path = fetch(
        f"{server}/{folder}/w.pth", SHA[:8], "w.pth", tmp_path, progress=lambda *a: seen.append(a)
    )
    assert path.read_bytes() == DATA
    assert sent[-1] == (len(DATA) - 100 if folder == "file" else len(DATA))
    assert seen[-1] == (len(DATA), len(DATA))


def test_a_longer_rest_of_another_file_starts_again(server: str, tmp_path: Path) -> None:
    (tmp_path / ".w.pth.part").write_bytes(b"x" * (len(DATA) + 5))
    assert fetch(f"{server}/file", SHA[:8], "w.pth", tmp_path).read_bytes() == DATA


def test_the_first_download_is_pinned(server: str, tmp_path: Path) -> None:
    fetch(f"{server}/file", "", "w.pth", tmp_path)
    assert (tmp_path / "w.pth.sha256").read_text().startswith(SHA)
    fetch(f"{server}/file", "", "w.pth", tmp_path)
    assert hits == ["/file"]
    (tmp_path / "w.pth").write_bytes(b"changed")
    fetch(f"{server}/file", "", "w.pth", tmp_path)
    assert (tmp_path / "w.pth").read_bytes() == DATA


def test_a_full_disk_is_told(server: str, tmp_path: Path, monkeypatch) -> None:
    def full(self: Path, *args: object, **kwargs: object) -> object:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(UnavailableError, match="No space left on device"):
        fetch(f"{server}/file", SHA[:8], "w.pth", tmp_path)
    assert not (tmp_path / "w.pth").exists()


def test_offline(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"by hand and put it at .*w\.pth"):
        fetch("http://127.0.0.1:9/file", SHA[:8], "w.pth", tmp_path)


@pytest.fixture
def published(tmp_path: Path, server: str) -> Iterator[str]:
    """The files of a published domain, small and random, on the server."""
    folder = write_published(tmp_path / "made", vgg=True)
    names = files_of("ffhq256")
    for name, kind in zip(names, ("generator", "encoder", "perceptual"), strict=True):
        FILES[name] = (folder / f"{kind}.pth").read_bytes()
    yield server
    for name in names:
        FILES.pop(name)


def test_download_fetches_goes_on_and_converts(published: str, tmp_path: Path, capsys) -> None:
    command = ["download", "ffhq256", "--root", str(tmp_path)]
    command += ["--folder", str(tmp_path / "files"), "--mirror"]
    assert main([*command, f"{published}/broken"]) == 1
    assert "again to go on" in capsys.readouterr().err
    assert not (tmp_path / "checkpoints").exists()
    assert main([*command, f"{published}/files"]) == 0
    generator = next(iter(files_of("ffhq256")))
    assert sent[1] == len(FILES[generator]) - 100
    pack = load_domain("ffhq256", torch.device("cpu"), tmp_path / "checkpoints")
    assert pack.perceptual is not None
    digest = hashlib.sha256(FILES[generator]).hexdigest()
    card = (pack.path / "MODEL_CARD.md").read_text()
    assert digest in card
    count = len(hits)
    assert main([*command, f"{published}/files"]) == 0  # everything is there already
    assert len(hits) == count


def test_files_put_there_by_hand_are_taken(published: str, tmp_path: Path) -> None:
    for name in files_of("ffhq256"):
        (tmp_path / name).write_bytes(FILES[name])
    sources = fetch_published("ffhq256", tmp_path, mirror=f"{published}/gone")
    assert sources.generator.parent == tmp_path
    assert hits == []


def test_offline_it_says_what_to_fetch_and_where_to_put_it(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"by hand and put it at .*ffhq256_generator\.pth"):
        fetch_published("ffhq256", tmp_path, mirror="http://127.0.0.1:9")


def test_gdown_helps_where_it_is_installed(published: str, tmp_path: Path, monkeypatch) -> None:
    asked: list[str] = []
    ids = {value: FILES[name] for name, value in files_of("ffhq256").items()}

    def download(id: str, output: str, quiet: bool, resume: bool) -> str:
        asked.append(id)
        Path(output).write_bytes(ids[id])
        return output

    module = ModuleType("gdown")
    module.download = download
    module.__spec__ = ModuleSpec("gdown", None)
    monkeypatch.setitem(sys.modules, "gdown", module)
    monkeypatch.setattr("editor.packs.published.DRIVE", f"{published}/page?id={{id}}")
    monkeypatch.setitem(FILES, "page?id=" + next(iter(ids)), FILES["page"])
    sources = fetch_published("ffhq256", tmp_path)
    assert asked == [next(iter(ids))]
    assert sources.generator.read_bytes() == ids[asked[0]]

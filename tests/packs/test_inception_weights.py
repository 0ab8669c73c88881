from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from editor.errors import MismatchError, UnavailableError, WeightsError
from editor.models.inception import InceptionFeatures
from editor.packs.features import inception
from editor.packs.features.inception import inception_is_present, load_inception

asked: list[str] = []


class _Server(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        asked.append(self.path)
        super().do_GET()

    def log_message(self, *args: object) -> None: ...


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """Random weights under the published name, with the classes' own, on a server."""
    folder = tmp_path_factory.mktemp("served")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        state = InceptionFeatures().state_dict()
        for value in state.values():
            if value.ndim == 4:
                torch.nn.init.kaiming_normal_(value)
    extra = {"fc.weight": torch.zeros(1008, 2048), "fc.bias": torch.zeros(1008)}
    torch.save({**state, **extra}, folder / inception.NAME)
    handler = partial(_Server, directory=str(folder))
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_port}", folder / inception.NAME
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture
def cache(served, tmp_path: Path, monkeypatch) -> Path:
    """An empty cache; the file on the server is the pinned one."""
    url, file = served
    asked.clear()
    monkeypatch.setenv("EDITOR_CACHE", str(tmp_path))
    monkeypatch.setattr(inception, "URL", f"{url}/{inception.NAME}")
    _pin(file, monkeypatch)
    return tmp_path


def _pin(file: Path, monkeypatch) -> None:
    monkeypatch.setattr(inception, "SHA256", hashlib.sha256(file.read_bytes()).hexdigest())


def test_the_pin_is_whole_and_of_the_published_name() -> None:
    assert len(inception.SHA256) == 64
    assert inception.NAME.endswith(f"-{inception.SHA256[:8]}.pth")
    assert inception.URL.endswith(f"/{inception.NAME}")


def test_fetched_once_and_used(cache: Path, served) -> None:
    assert not inception_is_present()
    assert asked == []
    features = load_inception("cpu", batch=2)
    assert inception_is_present()
    load_inception("cpu", fetch=False)
    assert asked == [f"/{inception.NAME}"]

    with torch.device("meta"):
        network = InceptionFeatures()
    state = torch.load(served[1], weights_only=True)
    network.load_state_dict({k: v for k, v in state.items() if k[:3] != "fc."}, assign=True)
    images = torch.rand(3, 3, 40, 40, generator=torch.Generator().manual_seed(1)) * 4 - 2
    with torch.no_grad():
        wanted = network.eval()(images.clamp(-1, 1))
    found = features(images)  # in batches of 2 and 1
    assert found.shape == (3, 2048)
    assert found.dtype == torch.float32
    assert not found.requires_grad
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-4 * wanted.max().item())


def test_nothing_is_fetched_unasked(cache: Path) -> None:
    said = rf"{inception.NAME} is not there\. Download .*/{inception.NAME} and put it there"
    with pytest.raises(UnavailableError, match=said):
        load_inception("cpu", fetch=False)
    assert asked == []
    assert list(cache.iterdir()) == []


def test_offline(cache: Path, monkeypatch) -> None:
    monkeypatch.setattr(inception, "URL", "http://127.0.0.1:9/inception.pth")
    with pytest.raises(UnavailableError, match=rf"by hand and put it at .*{inception.NAME}"):
        load_inception("cpu")


def test_another_file_on_the_server_is_refused(cache: Path, monkeypatch) -> None:
    monkeypatch.setattr(inception, "SHA256", "0" * 64)
    with pytest.raises(UnavailableError, match="is not the pinned file: sha256"):
        load_inception("cpu")
    assert list(cache.iterdir()) == []


def test_a_file_that_was_given(cache: Path, served, tmp_path: Path) -> None:
    assert inception_is_present(served[1])
    assert load_inception("cpu", path=served[1])(torch.zeros(1, 3, 8, 8)).shape == (1, 2048)
    other = tmp_path / "other.pth"
    other.write_bytes(b"something else")
    assert not inception_is_present(other)
    with pytest.raises(UnavailableError, match=r"other\.pth is not the pinned file"):
        load_inception("cpu", path=other)
    with pytest.raises(UnavailableError, match=r"none\.pth is not there"):
        load_inception("cpu", path=tmp_path / "none.pth")
    assert asked == []


def test_a_damaged_file_in_the_cache_is_not_present(cache: Path) -> None:
    (cache / inception.NAME).write_bytes(b"cut off")
    assert not inception_is_present()
    with pytest.raises(UnavailableError, match="is not the pinned file"):
        load_inception("cpu", fetch=False)


class _Malice:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.mark}",)


def test_a_file_that_runs_something_is_refused(cache: Path, tmp_path: Path, monkeypatch) -> None:
    """Even with the pinned hash: only tables of tensors are read."""
    file, mark = tmp_path / "bad.pth", tmp_path / "ran"
    torch.save({"fc.bias": _Malice(mark)}, file)
    _pin(file, monkeypatch)
    with pytest.raises(WeightsError, match=r"bad\.pth is not a table of tensors; nothing"):
        load_inception("cpu", path=file)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (torch.zeros(3), WeightsError, "holds a Tensor"),
        ({"fc.bias": torch.zeros(1)}, MismatchError, "564 tensors missing"),
    ],
)
def test_other_contents_are_refused(
    cache: Path, tmp_path: Path, monkeypatch, content, error, said: str
) -> None:
    file = tmp_path / "other.pth"
    torch.save(content, file)
    _pin(file, monkeypatch)
    with pytest.raises(error, match=said):
        load_inception("cpu", path=file)

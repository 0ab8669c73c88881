"""Nothing is taken for granted that Windows or macOS lack. See `tests.windows` for what stands in for one."""

from __future__ import annotations

import ast
import asyncio
import builtins
import ctypes
import mimetypes
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

import pytest
import torch
from PIL import Image

from editor import files, runtime
from editor.benchmark import work
from editor.data.image_set import load_images
from editor.errors import OptionError
from editor.file_names import is_reserved, unreserved
from editor.files import sweep, take_name, temporary_beside, write_whole
from editor.media.names import plain_stem
from editor.packs.write import check_name as check_domain
from editor.sliders.boundary import check_name as check_slider
from editor.training import parallel
from editor.ui import modules
from editor.ui.address import Address
from editor.ui.gradio_internals import _Modules
from editor.ui.visit_files import safe_name
from tests.windows import LACKING, MODULES

PROJECT = Path(__file__).resolve().parents[1]
PACKAGE = PROJECT / "editor"
GUARDED = {  # what is used where it is there, and what stands beside it elsewhere
    ("benchmark/machine.py", "os.getloadavg"): "hasattr; None",
    ("benchmark/machine.py", "os.sched_getaffinity"): "hasattr; os.cpu_count",
    ("benchmark/work.py", "resource"): "sys.platform; None",
    ("ui/run_folders.py", "fcntl"): "sys.platform; msvcrt",
    ("ui/run_folders.py", "os.getuid"): "hasattr; the folder is the account's own",
}


@pytest.fixture
def win32(monkeypatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")


def test_the_core_and_the_page_run_without_what_windows_lacks(tmp_path: Path) -> None:
    flags = ["-X", "warn_default_encoding", "-W", "ignore::EncodingWarning"]
    done = subprocess.run(
        [sys.executable, *flags, "-m", "tests.on_windows", str(tmp_path)],
        cwd=PROJECT, env=os.environ | {"PYTHONIOENCODING": "cp1252"},
        capture_output=True, encoding="cp1252", check=False, timeout=250,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1:] == ["all was done \\u2212"], done.stderr
    assert done.returncode == 0


def _trees() -> Iterator[tuple[str, ast.AST]]:
    for path in [PROJECT / "app.py", *sorted(PACKAGE.rglob("*.py"))]:
        name = path.relative_to(PACKAGE if path.is_relative_to(PACKAGE) else PROJECT).as_posix()
        yield name, ast.parse(path.read_text(encoding="utf-8"))


def _posix_only(tree: ast.AST) -> set[str]:
    lacking = {f"{module}.{name}" for module, names in LACKING.items() for name in names.split()}
    lacking.add("socket.AF_UNIX")
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.add(f"{node.value.id}.{node.attr}")
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.keyword) and node.arg in ("dir_fd", "preexec_fn", "pass_fds"):
            found.add(node.arg)
    return found & (lacking | {*MODULES, "dir_fd", "preexec_fn", "pass_fds"})


def test_what_only_posix_has_is_used_where_it_is_guarded() -> None:
    found = {(file, name) for file, tree in _trees() for name in _posix_only(tree)}
    assert found == set(GUARDED)


def _names_no_encoding(call: ast.Call) -> bool:
    """Return whether a call opens a text in whatever encoding the system has."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if "encoding" in given or None in given:
        return False
    if isinstance(given.get("text"), ast.Constant):
        return True
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if isinstance(call.func, ast.Attribute) and name in ("read_text", "write_text"):
        return True
    modes = [given.get("mode"), *call.args[:2]]
    said = [m.value for m in modes if isinstance(m, ast.Constant) and isinstance(m.value, str)]
    mode = next((one for one in said if set(one) <= set("rwxab+t")), None)
    if isinstance(call.func, ast.Name) and name == "open":
        return mode is None or "b" not in mode
    return name == "open" and mode is not None and "b" not in mode


def test_texts_have_an_encoding() -> None:
    opens = {
        (file, node.lineno)
        for file, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _names_no_encoding(node)
    }
    assert {(file, line) for file, line in opens if file != "media/motion.py"} == set()  # av.open


@pytest.mark.parametrize("code", ["open('a')", "p.read_text()", "p.write_text('')", "run(text=True)", "p.open('w')"])  # fmt: skip
def test_a_text_without_an_encoding_is_found(code: str) -> None:
    (call,) = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    assert _names_no_encoding(call)


# -- names of files ----------------------------------------------------------------------------------

RESERVED = ("CON", "nul", "aux.txt", "Com1.jpg", "LPT¹", "prn .png", "NUL.tar.gz", "conin$")


@pytest.mark.parametrize("name", RESERVED)
def test_names_that_windows_reserves(name: str) -> None:
    assert is_reserved(name)
    assert unreserved(name) == f"_{name}"


@pytest.mark.parametrize(
    "name", ["con_.txt", "console", "com", "com10", "a.con", "lpt", "_nul", ""]
)
def test_names_that_are_free(name: str) -> None:
    assert unreserved(name) == name


@pytest.mark.parametrize("check", [check_domain, check_slider])
def test_no_domain_and_no_slider_is_called_like_a_device(check) -> None:
    check("cone")
    for name in ("con", "NUL", "Com7"):
        with pytest.raises(OptionError, match=f"'{name}' is no name for a .*: Windows keeps it"):
            check(name)


def test_pictures_that_are_called_like_a_device() -> None:
    assert plain_stem("NUL") == "_NUL"
    assert plain_stem("com1.holiday") == "_com1.holiday"


def test_a_name_leaves_room_for_its_folders(win32: None) -> None:
    assert safe_name("x" * 300 + ".jpg") == "x" * 86 + ".jpg"


# -- files -------------------------------------------------------------------------------------------


def test_a_file_that_a_scanner_holds_for_a_moment_is_replaced(
    win32: None, tmp_path: Path, monkeypatch
) -> None:
    path, real, refused = tmp_path / "a", os.replace, []
    write_whole(path, b"old")

    def replace(source: Path, target: Path) -> None:
        if len(refused) < 3:
            refused.append(target)
            raise PermissionError(13, "Access is denied", str(target))
        real(source, target)

    monkeypatch.setattr(files, "PAUSES_S", (0.0,) * 4)
    monkeypatch.setattr(os, "replace", replace)
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    refused.clear()
    monkeypatch.setattr(files, "PAUSES_S", (0.0,) * 2)
    with pytest.raises(PermissionError):
        write_whole(path, b"newer")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"a": b"new"}


def test_elsewhere_a_refusal_is_told_at_once(tmp_path: Path, monkeypatch) -> None:
    calls: list[Path] = []

    def replace(source: Path, target: Path) -> None:
        calls.append(target)
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(PermissionError):
        take_name(tmp_path / "a", tmp_path / "b")
    assert len(calls) == 1


def test_where_processes_cannot_be_asked_for_age_tells_what_was_left(
    win32: None, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(os, "kill", lambda *_: pytest.fail("on Windows it would end the process"))
    old, young = tmp_path / ".a.77777-1.tmp", tmp_path / ".a.77777-2.tmp"
    for path in (old, young):
        path.write_bytes(b"x")
    os.utime(old, (time.time() - 2 * 86400,) * 2)
    with temporary_beside(tmp_path / "a"):
        sweep(tmp_path / "a")
    assert [p.name for p in tmp_path.iterdir()] == [young.name]


def test_pictures_in_folders_have_one_name_on_every_system(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "00").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "00" / "a.png")
    (tmp_path / "dataset.json").write_text('{"attributes": {"00/a.png": {"age": 3}}}', "utf-8")
    real = Path.relative_to
    monkeypatch.setattr(Path, "relative_to", lambda *given: PureWindowsPath(real(*given)))
    found = load_images(tmp_path, 8)
    assert found.names == ["00/a.png"]
    assert found.attributes == [{"age": 3}]


# -- the machine -------------------------------------------------------------------------------------


def test_memory_is_given_back_where_there_is_no_c_library_of_that_name(monkeypatch) -> None:
    asked: list[object] = []

    def library(name: object) -> object:
        asked.append(name)
        raise TypeError("bad argument type for built-in operation")  # as Windows says to None

    monkeypatch.setattr(ctypes, "CDLL", library)
    runtime.trim_memory()
    assert asked == [None]


def test_a_peak_of_memory_that_nothing_tells_is_left_out(win32: None, tiny, monkeypatch) -> None:
    real = builtins.open

    def opened(path: object, *more: object, **options: object) -> object:
        if str(path).startswith("/proc/"):
            raise FileNotFoundError(2, "there is no /proc", path)
        return real(path, *more, **options)

    monkeypatch.setattr(builtins, "open", opened)
    assert work.peak_rss_mb() is None
    assert work.memory(tiny) == {"opened": {}, "moved": {}, "inverted": {}}


@pytest.mark.parametrize(
    ("cuda", "nccl", "backend"),
    [(False, False, "gloo"), (True, True, "cpu:gloo,cuda:nccl"), (True, False, "gloo")],
)
def test_processes_talk_by_what_there_is(monkeypatch, cuda: bool, nccl: bool, backend: str) -> None:
    asked: list[str] = []
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(parallel.dist, "is_nccl_available", lambda: nccl)
    monkeypatch.setattr(parallel.dist, "init_process_group", asked.append)
    monkeypatch.setattr(parallel.dist, "destroy_process_group", lambda: None)
    monkeypatch.setattr(parallel.dist, "get_rank", lambda: 0)
    with parallel.join_ranks() as ranks:
        assert ranks.world == 2
    assert asked == [backend]


# -- the page ----------------------------------------------------------------------------------------


def test_a_port_is_of_one_program(monkeypatch) -> None:
    asked: list[int] = []

    class Socket(socket.socket):
        def setsockopt(self, level: int, option: int, *value: object) -> None:
            asked.append(option)

    monkeypatch.setattr(socket, "socket", Socket)
    Address(port=0).listen().close()
    monkeypatch.setattr(socket, "SO_EXCLUSIVEADDRUSE", -5, raising=False)
    Address(port=0).listen().close()
    assert asked == [socket.SO_REUSEADDR, -5]


def test_scripts_are_scripts_whatever_the_system_calls_them(monkeypatch) -> None:
    monkeypatch.setattr(mimetypes, "guess_type", lambda *_, **__: ("text/plain", None))
    monkeypatch.setattr("starlette.responses.guess_type", lambda *_, **__: ("text/plain", None))
    scope = {"type": "http", "method": "GET", "headers": [], "path": "/keys.js"}
    scripts = _Modules(directory=modules.FOLDER)
    answer = asyncio.run(scripts.get_response("keys.js", scope))
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"

"""Reading with a limit, writing whole or not at all, full disks."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from editor.errors import InputError, ProjectError, StorageError
from editor.files import (
    open_regular,
    plain_text,
    read_regular,
    sweep,
    temporary_beside,
    write_whole,
    writing_whole,
)


def test_no_more_is_read_though_the_file_grows(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 100)
    assert read_regular(path, 100) == b"x" * 100
    with pytest.raises(ProjectError, match="a has 100 bytes; at most 99 bytes are read"):
        read_regular(path, 99, ProjectError)
    sizes: list[int] = []
    real = os.fstat

    def fstat(descriptor: int) -> os.stat_result:
        found = real(descriptor)
        if found.st_size == 100:  # it grows right after it was looked at
            sizes.append(path.write_bytes(b"x" * 5_000_000))
        return found

    monkeypatch.setattr(os, "fstat", fstat)
    with pytest.raises(InputError, match="at most 2000000 bytes are read"):
        read_regular(path, 2_000_000)
    assert sizes


def test_what_happens_inside_stays_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    with pytest.raises(ValueError, match="mine"), open_regular(tmp_path / "a", 10):
        raise ValueError("mine")


def test_a_device_is_not_even_opened(monkeypatch) -> None:
    monkeypatch.setattr(os, "open", lambda *a: pytest.fail("it was opened"))
    for path in ("/dev/zero", "/dev/null", "/"):
        with pytest.raises(InputError, match="not a regular file"):
            read_regular(path, 10)


def test_the_file_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def sync(descriptor: int) -> None:
        done.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file")
        fsync(descriptor)

    def rename(old: Path, new: Path) -> None:
        done.append("rename")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "replace", rename)
    write_whole(tmp_path / "new" / "a", b"x")
    assert done == ["file", "rename", "folder"]


@pytest.mark.parametrize("function", ["fsync", "replace"])
@pytest.mark.parametrize("number", [28, 122])
def test_a_full_disk_keeps_the_old_file(
    tmp_path: Path, monkeypatch, function: str, number: int
) -> None:
    path = tmp_path / "a"
    write_whole(path, b"old")

    def full(*_: object) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(os, function, full)
    with pytest.raises(StorageError, match="a was not saved: the disk is full") as caught:
        write_whole(path, b"new")
    assert str(tmp_path) not in str(caught.value)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"a": b"old"}


def test_a_limit_of_the_system_is_told(tmp_path: Path) -> None:
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "from editor.files import write_whole; from pathlib import Path;"
        "write_whole(Path('a'), bytes(5000))"
    )
    root = str(Path(__file__).resolve().parents[1])
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=os.environ | {"PYTHONPATH": root},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "StorageError: a was not saved: no file of this size may be written here" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_other_failures_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "file" / "a", b"x")


def test_threads_do_not_share_a_temporary_file(tmp_path: Path) -> None:
    path, both = tmp_path / "a", threading.Barrier(2, timeout=10)
    failed: list[BaseException] = []

    def save(data: bytes) -> None:
        try:
            with writing_whole(path) as temporary:
                temporary.write_bytes(data)
                both.wait()
                assert temporary.read_bytes() == data
                both.wait()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=save, args=(data,)) for data in (b"one", b"two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not failed
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_what_killed_saves_left_is_swept(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    old = (f".a.{gone.pid}.tmp", f".a.{gone.pid}-3.tmp", f".a.{os.getpid()}-999999.tmp")
    folder = tmp_path / f".a.{gone.pid}-4.tmp"
    kept = (f".a.{os.getppid()}-1.tmp", f".b.{gone.pid}.tmp", f".a.x.{gone.pid}.tmp", ".a.tmp")
    for name in (*old, *kept):
        (tmp_path / name).write_bytes(b"x")
    (folder / "deep").mkdir(parents=True)
    with temporary_beside(tmp_path / "a") as mine:
        mine.write_bytes(b"y")
        sweep(tmp_path / "a")
        assert mine.exists()
    assert {p.name for p in tmp_path.iterdir()} == set(kept)
    write_whole(tmp_path / "b", b"x")
    assert f".b.{gone.pid}.tmp" not in {p.name for p in tmp_path.iterdir()}


def test_plain_text() -> None:
    assert plain_text("Größe ☺") == "Größe ☺"
    assert plain_text("a\ud800b\udfff") == "a?b?"

"""The private folder of visits: what a page may name, how much it may give, what is deleted when."""

from __future__ import annotations

import contextvars
import os
import stat
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import pytest

from editor.errors import InputError, PageFileError
from editor.ui import visit_files
from editor.ui.growing_zip import growing_zip
from editor.ui.quotas import Ledger, Quotas, Usage
from editor.ui.uploads import UploadFolder, receive_nothing
from editor.ui.visit_files import VisitFiles, safe_name
from tests.ui.driver import until

MINE, OTHER, THIRD, FOURTH = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)


@pytest.fixture
def files(tmp_path: Path):
    made = VisitFiles(tmp_path / "base", life_s=100, quotas=Quotas(1000, 1200, 1500))
    yield made
    made.close()


def test_a_file_of_the_visit_is_its_own(files: VisitFiles) -> None:
    path = files.store(MINE, "a #1 %20 ü.png", b"data")
    assert files.own(path, MINE).read_bytes() == b"data"
    assert files.own(path).name == "a #1 %20 ü.png"


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "/dev/zero",
        "/dev/stdout",
        "/proc/self/fd/0",
        "/proc/self/environ",
        "",
        ".",
        "relative.png",
        "http://127.0.0.1/x",
        "file:///etc/passwd",
        "\0",
        "x" * 5000,
        None,
        7,
        ["/etc/passwd"],
        {"path": "/etc/passwd"},
        "\ud800",
    ],
)
def test_what_is_not_in_the_folder_is_refused_alike(files: VisitFiles, path: object) -> None:
    with pytest.raises(PageFileError) as told:
        files.own(path, MINE)
    assert str(told.value) == visit_files.NOT_OURS


def test_neither_others_files_nor_folders_nor_links(files: VisitFiles) -> None:
    theirs = files.store(OTHER, "x.png", b"data")
    folder = files.part(MINE)
    link, fifo = folder / "link.png", folder / "fifo"
    link.symlink_to("/etc/passwd")
    os.mkfifo(fifo)
    for path in (theirs, str(folder), str(link), str(fifo), f"{folder}/../{OTHER}/x.png"):
        with pytest.raises(PageFileError):
            files.own(path, MINE)
    with pytest.raises(PageFileError):
        files.own(str(files.root / ".lock"), MINE)


def test_the_folder_is_private(files: VisitFiles) -> None:
    for folder in (files.base, files.root, files.part(MINE)):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_somebody_elses_folder_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    taken = tmp_path / f"in-domain-editor-{os.getuid()}"
    taken.mkdir()
    real = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: real + 1)
    (tmp_path / f"in-domain-editor-{real + 1}").symlink_to(taken)
    files = VisitFiles()
    assert taken not in (files.base, *files.base.parents)
    assert not any(taken.iterdir())
    files.close()


def test_what_is_taken_home_makes_room_for_what_comes_after(files: VisitFiles) -> None:
    photo = Path(files.store(MINE, "photo.png", b"p" * 200))
    theirs = Path(files.export(OTHER, "theirs.gif", b"t"))
    films = [Path(files.export(MINE, "film.gif", b"f" * 150)) for _ in range(12)]
    assert [film.exists() for film in films] == [False] * 7 + [True] * 5
    assert photo.exists()
    assert theirs.exists()
    assert files.usage(MINE) == (6, 950)
    with pytest.raises(InputError, match="6 files"):
        files.store(MINE, "more.png", b"m" * 60)


def test_a_zip_grows_within_the_quota(files: VisitFiles) -> None:
    with growing_zip(files, MINE, "pictures.zip") as grown:
        grown.add("a.jpg", b"a" * 100)
        with pytest.raises(InputError, match="that fit"), files.ledger.coming(MINE, 700):
            pass
        grown.add("b.jpg", b"b" * 100)
        assert files.sweep() == 0, "while it grows it is as old as its last byte"
    assert grown.path.parent.name.startswith("export-")
    with zipfile.ZipFile(files.own(str(grown.path), MINE)) as archive:
        assert {name: len(archive.read(name)) for name in archive.namelist()} == {
            "a.jpg": 100,
            "b.jpg": 100,
        }
    size = grown.path.stat().st_size
    with files.ledger.coming(MINE, 1000 - size), pytest.raises(InputError, match="that fit"):
        files.store(MINE, "c", b"c")


def test_a_zip_that_does_not_fit_leaves_nothing(files: VisitFiles) -> None:
    def grow() -> None:
        with growing_zip(files, MINE, "pictures.zip") as grown:
            grown.add("a.jpg", b"a" * 500)
            grown.add("b.jpg", b"b" * 500)

    with pytest.raises(InputError, match="that fit"):
        grow()
    assert files.usage(MINE) == (0, 0)
    files.store(MINE, "c", b"c" * 1000)


def test_zips_make_room_as_all_that_is_taken_home(files: VisitFiles) -> None:
    made = []
    for _ in range(7):
        with growing_zip(files, MINE, "z.zip") as grown:
            grown.add("a", b"a")
        made.append(grown.path)
    assert [path.exists() for path in made] == [False] * 2 + [True] * 5


def test_a_visit_has_a_quota_and_all_have_one(files: VisitFiles) -> None:
    files.store(MINE, "a", b"x" * 900)
    with pytest.raises(InputError, match="that fit"):
        files.store(MINE, "b", b"x" * 200)
    with files.ledger.coming(MINE, 60), pytest.raises(InputError, match="that fit"):
        files.store(MINE, "b", b"x" * 50)
    with pytest.raises(InputError, match="no room"):
        files.store(OTHER, "c", b"x" * 700)
    assert files.usage() == (1, 900)


def test_what_comes_at_once_counts_for_visit_client_and_all() -> None:
    ledger = Ledger(Quotas(visit=10, client=15, whole=20), 3600)
    for visit, client in ((MINE, "here"), (OTHER, "here"), (THIRD, "there"), (FOURTH, "")):
        ledger.belongs(visit, client)
    with ledger.coming(MINE, 8):
        with pytest.raises(InputError, match="that fit"):
            ledger.coming(MINE, 3).__enter__()
        with pytest.raises(InputError, match="your address"):
            ledger.coming(OTHER, 8).__enter__()
        with ledger.coming(THIRD, 9), pytest.raises(InputError, match="no room"):
            ledger.coming(FOURTH, 4).__enter__()
    with ledger.coming(MINE, 10) as (_, kept):  # what was not kept is free again
        kept.add(1, 4)
    with pytest.raises(InputError, match="that fit"):
        ledger.coming(MINE, 7).__enter__()
    assert ledger.recount({MINE: Usage(1, 2)}, ledger.changes)
    with ledger.coming(MINE, 7):
        pass


def test_files_are_counted_whatever_their_size() -> None:
    ledger = Ledger(Quotas(visit_files=5, client_files=12, whole_files=100), 3600)
    for visit in (MINE, OTHER, THIRD):
        ledger.belongs(visit, "here")
    with ledger.coming(MINE, 0, most=3) as (most, kept):
        assert most == 3
        with ledger.coming(MINE, 0, most=3) as (rest, _):
            assert rest == 2  # what is on its way counts in full
            with pytest.raises(InputError, match="5 files that fit"):
                ledger.coming(MINE, 0).__enter__()
        kept.add(3, 0)
    for visit, fits in ((MINE, 2), (OTHER, 5), (THIRD, 2)):
        with ledger.coming(visit, 0, most=9) as (most, kept):
            assert most == fits
            kept.add(fits, 0)
    with pytest.raises(InputError, match="your address"):
        ledger.coming(THIRD, 0).__enter__()
    with ledger.coming(FOURTH, 0):
        pass


def test_a_sweep_beside_an_upload_counts_once(files: VisitFiles) -> None:
    ledger = files.ledger
    with files.receiving(MINE, 400) as folder:
        (folder / "sha").mkdir()
        (folder / "sha" / "whole.png").write_bytes(b"x" * 400)
        files.sweep()
    with pytest.raises(InputError, match="that fit"):
        files.store(MINE, "a", b"x" * 601)
    files.store(MINE, "b", b"x" * 600)
    before = ledger.changes
    files.store(OTHER, "c", b"x")
    assert not ledger.recount({}, before)  # something came meanwhile


def test_no_name_hides_a_file(files: VisitFiles) -> None:
    path = Path(files.store(MINE, ".lock", b"x" * 900))
    assert files.usage(MINE) == (1, 900)
    with pytest.raises(InputError, match="that fit"):
        files.store(MINE, ".lock", b"x" * 900)
    assert files.sweep(time.time() + 1000) == 1
    assert not path.exists()
    assert (files.root / ".lock").exists()
    files.store(MINE, "b", b"x" * 900)  # there is room again


def test_a_full_disk_is_a_sentence(files: VisitFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    free = os.statvfs_result((4096, 4096, 100, 100, 100, 9, 9, 9, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _path: free)
    with pytest.raises(InputError, match="disk of this page is full"):
        files.store(MINE, "a", b"x")
    assert files.usage() == (0, 0)


def test_nothing_half_written_stays(files: VisitFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="No space left"):
        files.store(MINE, "a", b"x")
    assert not any(files.part(MINE).iterdir())


def test_what_broke_off_is_removed(files: VisitFiles) -> None:
    with files.receiving(MINE, 10) as folder:
        (folder / "tmpabc").write_bytes(b"half")
    assert not folder.exists()
    with files.receiving(MINE, 10) as folder:
        (folder / "sha").mkdir()
        (folder / "sha" / "whole.png").write_bytes(b"data")
    assert files.usage(MINE) == (1, 4)


def test_a_request_inherits_no_upload_of_the_one_before(files: VisitFiles) -> None:
    folder = UploadFolder(files.root)
    with files.receiving(MINE, 10) as receiving:
        assert os.fspath(folder) == str(receiving)
        next_request = contextvars.copy_context()
        next_request.run(receive_nothing)
        assert next_request.run(str, folder) == str(files.root)


def test_old_files_go_whatever_else_is_there(
    files: VisitFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    stubborn, old, young = (Path(files.store(MINE, n, b"x")) for n in ("stubborn", "old", "young"))
    past = time.time() - 200
    for path in (stubborn, old):
        os.utime(path, (past, past))
    unlink = os.unlink

    def refuse(path: str, **options: object) -> None:
        if "stubborn" in str(path):
            raise PermissionError(13, "no")
        unlink(path, **options)

    monkeypatch.setattr(os, "unlink", refuse)
    assert files.sweep() == 1
    assert stubborn.exists()
    assert young.exists()
    assert not old.exists()
    monkeypatch.undo()
    assert files.sweep(time.time() + 1000) == 2
    assert not (files.root / MINE).exists()
    assert (files.root / ".lock").exists()


def test_no_error_ends_the_sweeping(files: VisitFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def failing(self: VisitFiles) -> int:
        calls.append(1)
        raise IsADirectoryError("a folder of the cache")

    monkeypatch.setattr(VisitFiles, "sweep", failing)
    files.start_sweeping(every_s=0.02)
    assert until(lambda: len(calls) >= 3)


def test_a_run_that_was_killed_leaves_nothing_for_the_next(tmp_path: Path) -> None:
    code = (
        "import sys, os; from pathlib import Path; from editor.ui.visit_files import VisitFiles; "
        "f = VisitFiles(Path(sys.argv[1])); print(f.store('a' * 32, 'p.png', b'x'), flush=True); "
        "sys.stdin.read(1); os._exit(9)"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "base")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert run.stdout is not None
    left = Path(run.stdout.readline().strip())
    living = VisitFiles(tmp_path / "base")
    assert left.exists()  # that run still goes on
    run.kill()
    run.communicate()
    assert left.exists()
    after = VisitFiles(tmp_path / "base")
    assert not left.exists()
    assert living.root.exists()
    for one in (living, after):
        one.close()
        assert not one.root.exists()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\p.png", "p.png"),
        ("a\nb\0c.png", "a_b_c.png"),
        ("...", "file"),
        ("ü" * 300 + ".jpeg", "ü" * 97 + ".jpeg"),
        ("x\ud800.png", "x_.png"),
        ("what?.png", "what_.png"),
        ("NUL", "_NUL"),
        ("con.tar.gz", "_con.tar.gz"),
        ("a.bcdefghijkl mn", "a.bcdefghijkl"),
        ("x" * 199 + " y", "x" * 199),
    ],
)
def test_names_that_any_system_takes(given: str, kept: str) -> None:
    assert safe_name(given) == kept

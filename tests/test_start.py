"""Starting without make: an old Python, missing packages, consoles that lack characters, run.bat."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from editor.prerequisites import OLDEST, REQUIRED, old_python

PROJECT = Path(__file__).resolve().parents[1]
READ_BY_OLD = ("app.py", *(f"editor/{name}.py" for name in ("__init__", "__main__", "defaults", "prerequisites")))  # fmt: skip
STARTS = {
    "app": "runpy.run_path('app.py', run_name='__main__')",
    "cli": "runpy.run_module('editor', run_name='__main__', alter_sys=True)",
}
IMPORTED_AS = {"pillow": "PIL", "pillow-heif": "pillow_heif", "scikit-learn": "sklearn"}


def _run(code: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=PROJECT, env=os.environ | environment,
        capture_output=True, encoding="utf-8", errors="replace", check=False,
    )  # fmt: skip


@pytest.mark.parametrize("name", READ_BY_OLD)
def test_python_3_8_can_read_what_looks_at_its_version(name: str) -> None:
    ast.parse((PROJECT / name).read_text(encoding="utf-8"), feature_version=(3, 8))


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize("version", [(3, 8, 18), (3, 10, 13)])
def test_an_old_python_is_told_what_to_do(start: str, version: tuple[int, ...]) -> None:
    done = _run(
        "import atexit, runpy, sys, types;"
        f"sys.version_info = {version};"
        "ours = lambda: sorted(n for n in sys.modules if n.startswith('editor'));"
        "atexit.register(lambda: print(*ours()));"
        f"{start}",
        "--help",
    )
    assert done.returncode == 1
    this = ".".join(map(str, version[:2]))
    assert done.stderr.startswith(f"error: this is Python {this}, but 3.11 or newer is needed; ")
    assert "https://www.python.org/downloads/" in done.stderr
    assert "python3.11 -m venv .venv" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    loaded = {f"{name.replace('.', '/')}.py" for name in done.stdout.split()}
    assert loaded <= {*READ_BY_OLD, "editor.py"}


def test_old_and_new(monkeypatch) -> None:
    assert old_python() == ""
    monkeypatch.setattr(sys, "version_info", (3, 15, 0))
    assert old_python() == ""
    monkeypatch.setattr(sys, "version_info", (3, 9, 6))
    monkeypatch.setattr(sys, "platform", "win32")
    assert "'py -3.11 -m venv .venv'" in old_python()
    with pytest.raises(ImportError, match=r"this is Python 3\.9, but 3\.11 or newer is needed"):
        from editor import Domains  # noqa: F401


def test_the_oldest_python_is_that_of_the_linters() -> None:
    text = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'target-version = "py{OLDEST[0]}{OLDEST[1]}"' in text
    assert f'python_version = "{OLDEST[0]}.{OLDEST[1]}"' in text


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize("package", ["torch", "safetensors"])
def test_a_package_that_is_missing_is_told(start: str, package: str) -> None:
    done = _run(
        "import runpy, sys\n"
        "class Without:\n"
        f"    def find_spec(self, name, *_):\n        if name.split('.')[0] == '{package}':\n"
        "            raise ModuleNotFoundError('no ' + name, name=name)\n"
        f"sys.meta_path.insert(0, Without())\n{start}",
        *(["show"] if "module" in start else []),
        *(["--out", "unused"] if "module" in start else []),
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: the package '{package}' is not installed for ")
    assert "pip install -r requirements.txt" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_is_required_is_what_is_installed() -> None:
    lines = (PROJECT / "requirements.txt").read_text(encoding="utf-8").split()
    names = {line.partition("==")[0] for line in lines}
    assert {IMPORTED_AS.get(name, name) for name in names} <= REQUIRED


def test_a_console_of_cp1252_takes_any_text() -> None:
    for start, arguments in ((STARTS["app"], ()), (STARTS["cli"], ("show", "--out", "unused"))):
        done = _run(
            f"import runpy\n{start}", *arguments, "--domain", "写真−☺", PYTHONIOENCODING="cp1252"
        )
        assert done.returncode == 1
        assert done.stderr.startswith("error: domain '\\u5199\\u771f\\u2212\\u263a' was not found")
        assert len(done.stderr.splitlines()) == 1


def test_a_console_of_cp1252_shows_the_help_of_every_command() -> None:
    code = (
        "import contextlib\nfrom editor import cli\nimport app\n"
        "for module in cli.COMMANDS:\n"
        "    name = module.__name__.rpartition('.')[2].replace('_', '-')\n"
        "    with contextlib.suppress(SystemExit):\n        cli.main([name, '--help'])\n"
        "with contextlib.suppress(SystemExit):\n    app.main(['--help'])\n"
    )
    done = _run(code, PYTHONIOENCODING="cp1252")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.count("usage: ") > 20


def test_run_bat_is_whole() -> None:
    """It cannot be run here: what is looked at is what breaks such files."""
    data = (PROJECT / "run.bat").read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n"), "cmd misses labels where lines end otherwise"
    text = data.decode("ascii")
    assert set(re.findall(r"goto (\w+)", text)) == set(re.findall(r"^:(\w+)", text, re.M))
    for part in ('pushd "%~dp0"', '"%VENV_PYTHON%" app.py %*', '"%VENV_PYTHON%" -m pip install'):
        assert part in text, "a folder's name may have spaces"
    assert re.search(r":stop\s+pause\s", text), "the window stays open with the error"
    assert "fc /b requirements.txt" in text
    assert "copy /y requirements.txt" in text
    assert text.index("if errorlevel 1 goto failed\r\ncopy") < text.index("copy /y"), (
        "only when done"
    )


def test_git_leaves_run_bat_as_it_is() -> None:
    assert "*.bat -text" in (PROJECT / ".gitattributes").read_text(encoding="ascii").splitlines()

"""What holds for all commands: packs elsewhere, imports, help."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from editor import cli
from editor.cli import COMMANDS, parser
from editor.cli.option_values import VALUES, ended
from editor.cli.options import chosen_alignment
from editor.geometry import FFHQ, TIGHT, Alignment

FOLDER = Path(cli.__file__).parent
NAMES_ONLY = {"train-generator", "train-predictor"}  # --domain is but a word in a file's header
OPENS_NO_PACK = NAMES_ONLY | {"train-encoder", "measure-samples", "inspect"}


def _commands(top: argparse.ArgumentParser, before: str = "") -> Iterator[tuple[str, set[str]]]:
    """Every command and action with its options."""
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, sub in action.choices.items():
                inner = list(_commands(sub, f"{before}{name} "))
                yield from inner or [(f"{before}{name}", set(sub._option_string_actions))]


def test_every_command_with_a_domain_takes_a_root() -> None:
    found = dict(_commands(parser()))
    assert len(found) > 30
    with_domain = {name for name, options in found.items() if "--domain" in options}
    with_root = {name for name, options in found.items() if "--root" in options}
    assert with_domain > NAMES_ONLY
    assert with_domain - NAMES_ONLY <= with_root
    assert set(found) - with_root == OPENS_NO_PACK
    assert {"project undo", "make-pack", "convert", "download", "train-aligner"} <= with_root


def _imports(path: Path) -> set[str]:
    """Modules of `editor.cli` that a module imports, also inside functions and for types."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.removeprefix("editor.cli.") for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "editor.cli":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.removeprefix("editor.cli."))
    return found & {other.stem for other in FOLDER.glob("*.py")}


IMPORTS = {p.stem: _imports(p) for p in FOLDER.glob("*.py") if p.stem != "__init__"}


def test_no_command_imports_another() -> None:
    commands = {module.__name__.rpartition(".")[2] for module in COMMANDS}
    assert commands < set(IMPORTS)
    assert {name: found & commands for name, found in IMPORTS.items() if found & commands} == {}


def test_no_imports_run_in_a_circle() -> None:
    left = dict(IMPORTS)
    while free := [name for name, found in left.items() if not found & set(left)]:
        for name in free:
            del left[name]
    assert left == {}


def test_root_is_told_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["invert", "--help"])
    assert "--root FOLDER" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("said", "wanted"),
    [("1.0 0.1", FFHQ), ("1 -0.1", Alignment(1, -0.1)), ("tight", TIGHT), ("FFHQ", FFHQ)],
)
def test_what_follows_an_alignment_is_not_of_it(said: str, wanted: Alignment) -> None:
    given = ["convert", "--alignment", *said.split(), "idinvert", "--name", "a"]
    args = parser().parse_args(ended(given))
    assert (args.format, chosen_alignment(args)) == ("idinvert", wanted)


def test_files_may_follow_the_values_of_options() -> None:
    edit = ["edit", "--out", "o", "--move", "smile=1", "age=-2"]
    args = parser().parse_args(ended([*edit, "--code", "3", "1", "b.npy"]))
    assert (args.move, args.code) == (["smile=1", "age=-2"], [3, 1])
    assert args.photos == [Path("b.npy")]
    args = parser().parse_args(ended([*edit, "a.npy", "--code", "2", "--move", "c=1"]))
    assert (args.move, args.code) == (["smile=1", "age=-2", "c=1"], [2])
    assert args.photos == [Path("a.npy")]
    given = ["import-slider", "--keep", "3=tilt", "a.pt", "--", "--move", "b=1"]
    assert parser().parse_args(ended(given)).files == [Path("a.pt"), Path("--move"), Path("b=1")]


def _actions(top: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in top._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                yield from _actions(sub)


def test_options_whose_end_is_known_add_up() -> None:
    found = [one for one in _actions(parser()) if set(one.option_strings) & set(VALUES)]
    assert {name for one in found for name in one.option_strings} == set(VALUES)
    assert all(isinstance(one, argparse._ExtendAction) and one.nargs == "+" for one in found)

"""The command line: one file a command, each with `add(subparsers)`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from editor.cli import (
    align,
    benchmark,
    convert,
    diffuse,
    discover,
    download,
    edit,
    evaluate,
    fit_boundaries,
    fit_verdict,
    import_slider,
    inspect,
    interpolate,
    make_pack,
    measure_aligner,
    measure_response,
    measure_samples,
    mix,
    project,
    show,
    teach,
    train_aligner,
    train_encoder,
    train_generator,
    train_predictor,
)
from editor.cli import invert as invert_command
from editor.cli.option_values import ended
from editor.cli.options import apply_preset
from editor.errors import EditorError
from editor.files import why
from editor.prerequisites import write_any_text

COMMANDS = (
    align,
    invert_command,
    edit,
    interpolate,
    mix,
    project,
    diffuse,
    teach,
    discover,
    import_slider,
    train_generator,
    train_predictor,
    train_encoder,
    train_aligner,
    measure_aligner,
    make_pack,
    measure_samples,
    fit_boundaries,
    measure_response,
    fit_verdict,
    evaluate,
    benchmark,
    show,
    convert,
    download,
    inspect,
)


def parser() -> argparse.ArgumentParser:
    """Make the parser of all commands."""
    top = argparse.ArgumentParser(
        prog="python -m editor", description="In-domain GAN inversion and editing."
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Return the exit status: 0, 1 for a known error, 130 when interrupted."""
    write_any_text()  # a file's name need not be text
    top, argv = parser(), ended(sys.argv[1:] if argv is None else argv)
    args = top.parse_args(argv)
    if apply_preset(args):
        args = top.parse_args(argv)
    try:
        return _run(args)
    except EditorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read the output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        named = f"{error.filename}: " if error.filename is not None else ""
        print(f"error: {named}{why(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _run(args: argparse.Namespace) -> int:
    try:
        return int(args.run(args) or 0)
    except (RuntimeError, MemoryError) as error:
        from editor.runtime import is_short, telling_memory  # torch: only where it is needed

        if not is_short(error):
            raise
        with telling_memory():
            raise
    return 1

"""`inspect`: what a file of weights, directions or codes is, without executing anything in it."""

from __future__ import annotations

import argparse
from pathlib import Path

from editor.cli.options import Sub, add_command


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "inspect",
        run,
        "Say what a file of weights, directions or codes is; nothing is executed.",
    )
    parser.add_argument(
        "file", type=Path, nargs="+", help=".pth, .pt, .pkl, .npy, .npz or .safetensors"
    )


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    import sys

    from editor.errors import EditorError
    from editor.packs.convert.describe import describe_file

    failed = 0
    for file in args.file:
        try:
            found = describe_file(file)
        except EditorError as error:
            print(f"error: {error}", file=sys.stderr)
            failed = 1
            continue
        print(file)
        for key, value in found.items():
            print(f"  {key}: {value}")
    return failed

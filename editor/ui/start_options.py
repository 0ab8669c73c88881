"""The options of `python app.py`; Gradio is not imported here."""

from __future__ import annotations

import argparse
import getpass
import sys
from pathlib import Path

from editor.errors import OptionError
from editor.ui.limits import add_limits
from editor.ui.logins import add_user


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of app.py's options."""
    parser = argparse.ArgumentParser(description="In-domain GAN inversion in the browser.")
    parser.add_argument("--domain", help="domain pack to begin with")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--root", type=Path, help="folder with other checkpoints/ and boundaries/")
    parser.add_argument(
        "--yunet",
        type=Path,
        metavar="FILE",
        help="YuNet's ONNX file, which then finds faces (needs opencv-python-headless)",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to serve on")
    parser.add_argument("--port", type=int, default=7860, help="0 takes a free one")
    parser.add_argument(
        "--share",
        action="store_true",
        help="a public Gradio link: anyone who has it may use the page",
    )
    parser.add_argument(
        "--shared",
        action="store_true",
        help="others reach the page: through a proxy or a published port, say",
    )
    parser.add_argument("--auth", type=Path, metavar="FILE", help="names and hashed passwords")
    parser.add_argument(
        "--add-user",
        metavar="NAME",
        help="ask for a password, write both into --auth FILE, and end",
    )
    parser.add_argument(
        "--root-path", default="", metavar="PREFIX", help="under which a proxy serves the page"
    )
    parser.add_argument("--certfile", type=Path, help="certificate: the page is served over https")
    parser.add_argument("--keyfile", type=Path, help="its key")
    parser.add_argument(
        "--trusted-proxy",
        nargs="+",
        default=[],
        metavar="ADDRESS",
        help="proxies whose forwarded headers are believed",
    )
    parser.add_argument(
        "--files", type=Path, metavar="DIR", help="private folder of the page's files"
    )
    add_limits(parser)
    return parser


def add_user_of(args: argparse.Namespace) -> str:
    """Ask for a password and write `--add-user` into `--auth`. Return what to say.

    Raises:
        OptionError: no file is named, or the user cannot be written.
    """
    if args.auth is None:
        raise OptionError("say by --auth FILE into which file the user is written")
    if sys.stdin.isatty():
        password = getpass.getpass(f"Password of {args.add_user}: ")
    else:
        password = sys.stdin.readline().rstrip("\n")
    add_user(args.auth, args.add_user, password)
    return f"{args.add_user} is in {args.auth}"

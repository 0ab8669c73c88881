"""Options of the actions of `project`."""

from __future__ import annotations

import argparse


def add_number(parser: argparse.ArgumentParser) -> None:
    """Add which edit is meant."""
    parser.add_argument("number", type=int, metavar="N", help="as `project list` says")


def add_move(parser: argparse.ArgumentParser) -> None:
    """Add which sliders of a picture are set."""
    parser.add_argument("--picture", metavar="NAME", help="its name or id; default: the shown one")
    parser.add_argument(
        "--move",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=DISTANCE",
        help="smile=2 age=-1",
    )
    parser.add_argument("--reset", action="store_true", help="put all others at zero")


def add_copy(parser: argparse.ArgumentParser) -> None:
    """Add whose sliders go to whom."""
    parser.add_argument(
        "--from", dest="source", required=True, metavar="NAME", help="whose sliders"
    )
    parser.add_argument(
        "--to", nargs="+", required=True, metavar="NAME", help="which others, or: all"
    )


def add_rename(parser: argparse.ArgumentParser) -> None:
    """Add which picture gets which name."""
    parser.add_argument("name", help="of now, or the id")
    parser.add_argument("title", metavar="new", help="from now on")


def add_remove(parser: argparse.ArgumentParser) -> None:
    """Add what is removed."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="pictures")
    parser.add_argument("--slider", nargs="+", default=[], metavar="NAME", help="own sliders")

"""What one visitor, one client address and all together may ask of the page."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field, fields, replace
from typing import Any

from editor.errors import OptionError

MB = 2**20


def _limit(default: float, text: str) -> Any:
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True)
class Limits:
    """The numbers of a page that others reach; sizes in MiB, lengths in seconds or hours.

    A *client* is an address (of IPv6 a network of 64 bits), or a visit where addresses do not tell
    visitors apart.
    """

    max_jobs: int = _limit(8, "inversions and other long jobs that run or wait, in all")
    max_jobs_client: int = _limit(3, "the same, of one client")
    max_jobs_visit: int = _limit(1, "the same, of one visit")
    max_events: int = _limit(400, "calls that run or wait, in all")
    max_events_client: int = _limit(48, "the same, of one client")
    max_events_visit: int = _limit(24, "the same, of one visit")
    max_pages: int = _limit(200, "pages that are open, in all")
    max_pages_client: int = _limit(16, "the same, of one client")
    max_pages_visit: int = _limit(6, "the same, of one visit")
    max_body_mb: int = _limit(32, "size of a call")
    max_bodies_mb: int = _limit(128, "size of all calls that are being received")
    max_upload_mb: int = _limit(128, "size of a file that is given")
    max_photo_mp: int = _limit(120, "megapixels of a JPEG; a progressive one half, others 64")
    quota_visit_mb: int = _limit(400, "size of all files of a visit")
    quota_client_mb: int = _limit(800, "size of all files of a client")
    quota_mb: int = _limit(4000, "size of all files")
    max_files_visit: int = _limit(500, "files of a visit")
    max_files_client: int = _limit(2000, "files of a client")
    max_files: int = _limit(20_000, "files in all")
    bytes_client_mb: int = _limit(10, "size of all that one client sends a second, in the mean")
    requests_client: int = _limit(40, "requests a second of one client, in the mean")
    live_client: int = _limit(30, "pictures of a dragged slider asked for a second, of one client")
    file_hours: float = _limit(6.0, "age at which files are deleted, by a sweep every hour")
    slice_s: float = _limit(5.0, "how long a job goes on while others wait")
    unread_s: float = _limit(5.0, "how long a job goes on that nobody listens to")
    closed_s: float = _limit(120.0, "how long a closed page is remembered")
    visit_hours: float = _limit(6.0, "how long a visit without a page can be taken up again")

    def __post_init__(self) -> None:
        for item in fields(self):
            if not 0 < getattr(self, item.name) < 1e9:
                raise OptionError(
                    f"--{item.name.replace('_', '-')} {getattr(self, item.name)} is not a positive "
                    f"number below 1,000,000,000"
                )

    @classmethod
    def at_home(cls) -> Limits:
        """Return the limits of a page that only this machine reaches.

        They are wide, but for what keeps the page quick.
        """
        large = 10**6
        return cls(
            max_jobs=64,
            max_jobs_client=64,
            max_jobs_visit=64,
            max_events=4000,
            max_events_client=4000,
            max_events_visit=1000,
            max_pages_client=200,
            max_pages_visit=200,
            max_body_mb=256,
            max_bodies_mb=1024,
            max_upload_mb=512,
            max_photo_mp=256,
            quota_visit_mb=large,
            quota_client_mb=large,
            quota_mb=large,
            max_files_visit=5000,
            max_files_client=20_000,
            bytes_client_mb=1000,
            requests_client=1000,
            live_client=200,
            file_hours=7 * 24.0,
        )


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add one option for each limit.

    What is not given is as `Limits` has it, or wide at home.
    """
    group = parser.add_argument_group(
        "limits", "Where others reach the page; on this machine alone they are wide."
    )
    for item in fields(Limits):
        group.add_argument(
            f"--{item.name.replace('_', '-')}",
            type=type(item.default),
            default=None,
            metavar="N",
            help=f"{item.metadata['help']} (default: {item.default})",
        )


def chosen_limits(args: argparse.Namespace, shared: bool) -> Limits:
    """Return the limits of the parsed options.

    Raises:
        OptionError: one is not a positive number.
    """
    given = {item.name: getattr(args, item.name) for item in fields(Limits)}
    base = Limits() if shared else Limits.at_home()
    return replace(base, **{name: value for name, value in given.items() if value is not None})

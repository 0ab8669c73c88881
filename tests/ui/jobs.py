"""Do the design's jobs as a new user, count what they take, and take a picture of every state of the page.

    python -m tests.ui.jobs OUT [--size 1280x800 1920x1080 390x844] [--scheme light dark]

writes OUT/jobs.json, OUT/faults.json (what a check of contrast, size and overlap found) and OUT/*.png, and
prints a table in Markdown. The photos are made up by the shipped packs, unless --faces and --landscape give others.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from tests.ui.driver import CALLS, CHROMIUM, FLAGS, ROOT, go_to, serving, settled
from tests.ui.job_hand import Hand, counted
from tests.ui.job_list import JOBS, Job
from tests.ui.job_photos import Photos, made
from tests.ui.job_states import Gallery, states

DOMAINS = ("faces128", "scenes128")
AFTER = {"a patch of one face into another", "colours of one, shape of another", "teach a slider"}


def sizes(texts: Iterable[str]) -> list[tuple[int, int]]:
    """Read sizes such as "1280x800"."""
    return [(int(width), int(height)) for width, height in (text.split("x") for text in texts)]


def table(results: list[dict[str, Any]]) -> str:
    """Return a table in Markdown of what was, what was aimed at, and what is."""
    lines = ["| job | before | aim | now |", "|---|---|---|---|"]
    for result in results:
        times = [f"{name} {seconds:.1f} s" for name, seconds in result["seconds"].items()]
        now = "; ".join([result["failed"] or result["said"], *times, *result["notes"]])
        lines.append(f"| {result['job']} | {result['before']} | {result['aim']} | {now} |")
    return "\n".join(lines)


def root_of(folder: Path) -> Path:
    """Make a folder with the two packs alone, as links."""
    for kind in ("checkpoints", "boundaries"):
        (folder / kind).mkdir(parents=True)
        for name in DOMAINS:
            (folder / kind / name).symlink_to(ROOT / kind / name)
    return folder


def _page(browser: Any, url: str, size: tuple[int, int]) -> Any:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, accept_downloads=True
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.add_init_script(CALLS)
    page.goto(url)
    page.wait_for_selector("#stage .tries img")
    settled(page)
    return page


def done(job: Job, page: Any, photos: Photos, folder: Path) -> dict[str, Any]:
    """Do a job on a page. Return what it took, or how far it came."""
    hand, failed, began = Hand(page), "", time.monotonic()
    try:
        job.run(hand, photos, folder)
    except Exception as error:
        failed = f"failed: {(str(error) or repr(error)).splitlines()[0][:160]}"
        with suppress(Exception):  # the page may be gone
            page.screenshot(path=folder / f"failed {job.name}.png")
    hand.seconds["in all"] = round(time.monotonic() - began, 2)
    facts = {"job": job.name, "before": job.before, "aim": job.aim, "failed": failed}
    counts = {"counts": dict(hand.done), "said": counted(hand.done)}
    return facts | counts | {"seconds": hand.seconds, "notes": hand.notes}


def all_done(browser: Any, url: str, photos: Photos, folder: Path, only: str) -> list[dict]:
    """Do the jobs one after another. Those of `AFTER` go on where the one before ended."""
    results, page = [], None
    for job in JOBS:
        if only and only not in job.name:
            continue
        if page is None or job.name not in AFTER:
            if page is not None:
                page.context.close()
            page = _page(browser, url, (1280, 800))
        elif page.evaluate("() => document.body.dataset.place") != "edit":
            go_to(page, "edit")
        results.append(done(job, page, photos, folder))
        print(table(results[-1:]).splitlines()[-1], file=sys.stderr, flush=True)
    return results


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", nargs="*", default=["1280x800", "1920x1080", "390x844"])
    parser.add_argument("--scheme", nargs="*", default=["light", "dark"])
    parser.add_argument("--faces", nargs="*", type=Path, default=[], help="own photos, at least 2")
    parser.add_argument("--group", type=Path, help="an own photo with two faces")
    parser.add_argument("--landscape", type=Path, help="an own photo")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--only", default="", help='do a job alone, by a part of its name; "-": none'
    )
    args = parser.parse_args(argv)
    from playwright.sync_api import sync_playwright

    args.out.mkdir(parents=True, exist_ok=True)
    photos = made(args.out / "photos", args.threads)
    if args.faces:
        five = (*args.faces, *photos.five)[:5]
        photos = replace(photos, friend=five[0], other=five[1], five=five)
    photos = replace(
        photos, group=args.group or photos.group, landscape=args.landscape or photos.landscape
    )
    faults: dict[str, list[str]] = {}
    began = time.strftime("%Y-%m-%d %H:%M")
    with tempfile.TemporaryDirectory() as temporary:
        root = root_of(Path(temporary))
        environment = {"OMP_NUM_THREADS": str(args.threads)}
        served = serving(root, args.out / "log.txt", environment=environment)
        with served as (url, _), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            results = all_done(browser, url, photos, args.out, args.only)
            for size in sizes(args.size):
                gallery = partial(Gallery, folder=args.out, schemes=args.scheme, faults=faults)
                states(browser, url, size, photos, gallery)
            browser.close()
    device = f"{platform.machine()}, {args.threads} threads"
    record = {"began": began, "device": device, "domains": DOMAINS, "jobs": results}
    (args.out / "jobs.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    (args.out / "faults.json").write_text(json.dumps(faults, indent=1, ensure_ascii=False) + "\n")
    print(table(results))
    print(f"{sum(map(len, faults.values()))} faults in {len(faults)} pictures: faults.json")
    return int(any(result["failed"] for result in results))


if __name__ == "__main__":
    sys.exit(main())

"""The jobs of the design's first table, as a person does them who has never seen the page."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests.ui.driver import distance, settled
from tests.ui.job_hand import Hand
from tests.ui.job_photos import Photos

OPEN = "#stage [data-open], #filmstrip .open"
LIVE = (
    "#stage .stage[data-state=working]:has(.refine:not([hidden])), #stage .stage[data-state=done]"
)
DONE = "#stage .stage[data-state=done]"
OTHER = "#filmstrip .picture:not(.shown) .go"
BRIGHT = """() => Promise.all([...document.querySelectorAll('#new-slider .card img')].map(async (image) => {
  await image.decode();
  const canvas = new OffscreenCanvas(8, 8).getContext('2d');
  canvas.drawImage(image, 0, 0, 8, 8);
  return canvas.getImageData(0, 0, 8, 8).data.reduce((sum, value, i) => sum + (i % 4 < 3 ? value : 0), 0);
}))"""
CARDS = "#new-slider .card:not(.empty)"
FRESH = "#new-slider .cards[data-fresh]"  # a click is meant for pictures that were seen


@dataclass(frozen=True)
class Job:
    """One job.

    Attributes:
        before: what it took before the page was made anew, as the design says.
        aim: of the design.
        run: does it, given a hand, photos, and a folder for what is taken home.
        starts: a job that starts where another one ended, on the same page.
    """

    name: str
    before: str
    aim: str
    run: Callable[[Hand, Photos, Path], None]


def opened(hand: Hand, path: Path) -> None:
    """Open a photo, and wait for its sliders."""
    shown = hand.page.evaluate("() => document.querySelectorAll('#filmstrip .picture').length")
    hand.open(OPEN, path)
    hand.page.wait_for_function(
        "n => document.querySelectorAll('#filmstrip .picture').length > n", arg=shown
    )
    hand.page.wait_for_selector(LIVE)


def _shown_name(hand: Hand) -> str:
    return hand.page.inner_text("#filmstrip .picture.shown .go span")


def smile(hand: Hand, photos: Photos, folder: Path) -> None:
    hand.open(OPEN, photos.friend)
    hand.page.wait_for_function(
        "() => document.querySelectorAll('#filmstrip .picture').length && !document.querySelector('#tool-sliders').inert"
    )
    hand.since("first drag")
    hand.slide("smile", 0.6)
    with hand.saving(folder) as saved:
        hand.click("#header-bar [data-act=save]")
    with Image.open(saved[0]) as image, Image.open(photos.friend) as photo:
        assert image.size == photo.size, (image.size, photo.size)
        hand.notes.append(f"{image.width}×{image.height} {image.format}")


def glasses(hand: Hand, photos: Photos, folder: Path) -> None:
    opened(hand, photos.group)
    hand.page.wait_for_selector("#stage button.face")
    hand.since("second face there")
    other = hand.page.get_attribute("#stage button.face", "aria-label")
    hand.click("#stage button.face")
    hand.page.wait_for_function(
        "name => ![...document.querySelectorAll('#stage button.face')].some((e) => e.ariaLabel === name)",
        arg=other,
    )
    hand.page.wait_for_selector(LIVE)
    hand.slide("glasses", 0.6)
    assert distance(hand.page, "glasses") > 0


def morph(hand: Hand, photos: Photos, folder: Path) -> None:
    opened(hand, photos.friend)
    hand.page.wait_for_selector(DONE)
    opened(hand, photos.other)
    hand.page.wait_for_selector(DONE)
    hand.since("both read")
    hand.click(OTHER, "Control")
    hand.click("#header-bar [data-place=animate]")
    hand.page.wait_for_selector(
        "#animate-place .animate[data-state=playing], #animate-place [data-part=export]:enabled"
    )
    hand.since("first frame")
    with hand.saving(folder) as saved:
        hand.click("#animate-place [data-part=export]")
    assert saved[0].suffix == ".mp4"
    assert saved[0].stat().st_size > 1000


def patch(hand: Hand, photos: Photos, folder: Path) -> None:
    hand.click("#rail [data-tool=patch]")
    hand.give(OTHER, "#tool-patch [data-part=source] .slot")
    hand.page.wait_for_selector("#tool-patch [data-part=run]:enabled")
    settled(hand.page)
    hand.click("#tool-patch [data-part=run]")
    hand.page.wait_for_selector("#tool-patch [data-part=keep]:enabled")
    hand.since("result")
    _keep(hand, "patch")


def blend(hand: Hand, photos: Photos, folder: Path) -> None:
    hand.click("#rail [data-tool=blend]")
    hand.give(OTHER, "#tool-blend [data-part=from] .slot")
    hand.page.wait_for_selector("#tool-blend [data-part=keep]:enabled")
    hand.since("result")
    _keep(hand, "blend")


def _keep(hand: Hand, tool: str) -> None:
    there = hand.page.locator("#filmstrip .picture").count()
    hand.click(f"#tool-{tool} [data-part=keep]")
    hand.page.wait_for_function(
        "n => document.querySelectorAll('#filmstrip .picture').length > n", arg=there
    )
    settled(hand.page)


def teach(hand: Hand, photos: Photos, folder: Path) -> None:
    """Mark by how bright the pictures are: what a script can see as a person sees blond hair."""
    hand.click("#rail [data-tool=sliders]")
    hand.click("[data-tell=new-slider]")
    hand.page.wait_for_selector(f"{CARDS} img")
    hand.since("first pictures")
    hand.page.keyboard.type("Bright")
    assert hand.page.is_disabled("#new-slider .add"), "nothing was learnt yet"
    for _ in range(8):
        light = hand.page.evaluate(BRIGHT)
        order = sorted(range(len(light)), key=lambda i: light[i])
        before = hand.page.get_attribute(CARDS, "data-id")
        for place in (*order[:3], *order[-3:]):
            held = ("Shift",) if place in order[:3] else ()
            hand.click(f"#new-slider .card:nth-child({place + 1})", *held)
        hand.page.wait_for_function(
            "id => document.querySelector('#new-slider .card:not(.empty)')?.dataset.id !== id",
            arg=before,
        )
        settled(hand.page)
        hand.page.wait_for_selector(FRESH, state="detached")
        if hand.page.is_enabled("#new-slider .add"):
            break
    hand.since("may be added")
    hand.notes.append(hand.page.inner_text("#new-slider .level"))
    hand.click("#new-slider .add")
    hand.page.wait_for_selector("#tool-sliders .move label:text-is('Bright')", state="attached")


def snow(hand: Hand, photos: Photos, folder: Path) -> None:
    hand.click("#domain input")
    hand.click("[role=option][aria-label^=Scenes]")
    settled(hand.page)
    hand.open(OPEN, photos.landscape)
    hand.page.wait_for_selector(DONE)
    hand.since("likeness said")
    said = hand.page.inner_text("#stage .says").replace("\n", " ").strip()
    shows = hand.page.is_visible("#stage .model-open")
    assert said.startswith("Likeness:") or shows, "nothing tells how like it is"
    hand.notes.append(said or "See what the model sees")
    hand.slide("snow", 0.6)
    assert distance(hand.page, "snow") > 0


def five(hand: Hand, photos: Photos, folder: Path) -> None:
    opened(hand, photos.friend)
    hand.page.wait_for_selector(DONE)
    hand.slide("smile", 0.5)
    hand.since("settings made")
    hand.done.clear()  # what is the same for each of the five was no part of the job before either
    began = time.monotonic()
    hand.click("#header-bar [data-place=library]")
    hand.open("#library-place .add", *photos.five)
    hand.page.wait_for_selector("#toasts .toast:has-text('read.')", timeout=240_000)
    hand.seconds["read"] = round(time.monotonic() - began, 2)
    hand.click("#library-place .paste")
    hand.click("#library-place .menued:has(.paste) .menu button:first-child")
    hand.page.wait_for_selector("#toasts .toast:has-text('5 pictures got the settings')")
    with hand.saving(folder) as saved:
        hand.click("#library-place .export")
        hand.click("#save-dialog .save")
    with zipfile.ZipFile(saved[0]) as file:
        names = file.namelist()
        for name in names:
            Image.open(io.BytesIO(file.read(name))).verify()
    assert len(names) == 5, names
    hand.notes.append(", ".join(sorted(names)))
    hand.seconds["without the settings"] = round(time.monotonic() - began, 2)


def reload(hand: Hand, photos: Photos, folder: Path) -> None:
    opened(hand, photos.friend)
    hand.page.wait_for_selector(DONE)
    hand.slide("age", 0.4)
    before = distance(hand.page, "age")
    hand.page.reload()
    began = time.monotonic()
    hand.page.wait_for_selector(DONE)
    hand.page.wait_for_function(
        "async (age) => { const state = await import(`${window.gradio_config.root || ''}/modules/page_state.js`); return Math.abs((state.now().moves.age || 0) - age) < 1e-6; }",
        arg=before,
    )
    assert hand.page.inner_text("#stage .size"), "the photo is gone"
    hand.seconds["there again"] = round(time.monotonic() - began, 2)


JOBS = [
    Job(
        "a friend smiles, saved at full size",
        "7 clicks, 3 scrolls, 16 s",
        "3 clicks, ≤ 3 s to the first drag",
        smile,
    ),
    Job("glasses on one of two faces", "6 clicks, failed at 3.0", "3 clicks", glasses),
    Job("morph two people, MP4", "2 × (2 + scroll) + 7 clicks", "4 clicks", morph),
    Job(
        "a patch of one face into another",
        "7 clicks, an error on the way, 96 px",
        "4 clicks",
        patch,
    ),
    Job("colours of one, shape of another", "4 clicks, 96 px", "3 clicks", blend),
    Job(
        "teach a slider",
        "41 s before the first picture; 48% added gladly",
        "15 s; refused below 65%",
        teach,
    ),
    Job(
        "a landscape in snow",
        "6 clicks, 33 s; a tick under a picture that lost its rocks",
        "honest before the drag",
        snow,
    ),
    Job(
        "five photos, same sliders, download",
        "10 clicks, 65 s, an error on the way, p3_…",
        "4 clicks",
        five,
    ),
    Job(
        "back after a reload",
        "an edit of 1.2 s before is lost, and more",
        "all of it, always",
        reload,
    ),
]

"""How many pictures a second a drag shows, in a whole photo, in a real browser."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from tests.ui.driver import STAGE, give, in_state, opened, settled

LEAST = 15  # pictures a second
SECONDS = 2
# how often what lies around the mouth is another picture than a frame before
COUNTED = """(seconds) => new Promise((done) => {
  const canvas = document.querySelector('#stage canvas.picture');
  const small = new OffscreenCanvas(48, 48).getContext('2d', { willReadFrequently: true });
  const began = performance.now();
  let [count, last] = [0, ''];
  const look = (now) => {
    small.drawImage(canvas, canvas.width * 0.3, canvas.height * 0.3, canvas.width * 0.4, canvas.height * 0.4, 0, 0, 48, 48);
    const next = String(small.getImageData(0, 0, 48, 48).data);
    if (next !== last && last) count += 1;
    last = next;
    if (now - began < 1000 * seconds) requestAnimationFrame(look); else done(count / seconds);
  };
  requestAnimationFrame(look);
})"""


@pytest.mark.slow  # it measures: nothing else should be running
def test_a_drag_shows_fifteen_pictures_a_second(browser, server, photo: Path, tmp_path) -> None:
    big = tmp_path / "big.jpg"
    ImageOps.fit(Image.open(photo).convert("RGB"), (1800, 2200)).save(big)
    page = opened(browser, server, viewport={"width": 1280, "height": 800})
    give(page, big)
    in_state(page, "done")
    settled(page)
    assert page.inner_text(f"{STAGE} .size") == "1800×2200"
    still = page.evaluate(COUNTED, 0.5)
    assert still == 0, "what is counted changes by itself"
    box = page.locator("#slider-smile input[type=range]").bounding_box()
    middle, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(middle, y)
    page.mouse.down()
    page.evaluate(f"() => {{ window.counted = ({COUNTED})({SECONDS}); }}")
    began = time.monotonic()
    while (
        gone := time.monotonic() - began
    ) < SECONDS:  # there and back, as fast as the browser takes it
        page.mouse.move(middle + box["width"] * 0.3 * math.sin(gone * math.pi / SECONDS), y)
    rate = page.evaluate("() => window.counted")
    page.mouse.up()
    page.context.close()
    print(f"{rate:.1f} pictures a second")
    assert rate >= LEAST

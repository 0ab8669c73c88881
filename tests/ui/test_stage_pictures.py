"""What the stage decodes and keeps: each photo once, its own frame and comparison, with and without a graphics card."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.ui.stage_page import CROP, composed, give, grey, noise, opened, png, stage_served, tab_of

WAITING = {"picture": "", "state": "frame", "reference": "", "after": ""}
# counts decoded pictures of a photo's width, and those of them that are not closed
COUNTED = """() => {
  const real = window.createImageBitmap, close = ImageBitmap.prototype.close;
  window.large = { made: 0, open: 0 };
  window.createImageBitmap = async (...given) => {
    const image = await real(...given);
    if (image.width >= 600) { large.made += 1; large.open += 1; }
    return image;
  };
  ImageBitmap.prototype.close = function () { if (this.width >= 600) large.open -= 1; close.call(this); };
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("photos")
    for index, name in enumerate(("photo", "other"), start=1):
        noise(900, 600, index).save(folder / f"{name}.png")
    with stage_served(folder) as url:
        yield url


@pytest.fixture
def page(browser, address: str) -> Iterator[Any]:
    with tab_of(browser, address) as tab:
        yield tab


def photo(name: str) -> dict[str, Any]:
    return {"url": f"/files/{name}.png", "width": 900, "height": 600, "key": name}


def drop(page, name: str, image) -> None:
    """Drop a picture's file onto the page."""
    page.evaluate(
        """([name, uri]) => {
          const bytes = Uint8Array.from(atob(uri.split(',')[1]), (c) => c.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], name, { type: 'image/png' }));
          document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer }));
        }""",
        [name, png(image)],
    )


def used(page) -> dict[str, float]:
    """The frame that "Use this face" sends."""
    page.get_by_role("button", name="Use this face").click()
    return page.evaluate("() => sent.at(-1)[1].frame")


def test_a_frame_is_of_the_photo_on_which_it_was_dragged(page) -> None:
    dragged = {"x": 0.1, "y": 0.2, "side": 0.3, "angle": 5}
    give(page, photo=photo("photo"), **WAITING)
    page.evaluate("crop => state.tell('frame', crop)", dragged)
    assert used(page) == dragged
    give(page, photo=photo("other"), turn=3, **WAITING)
    assert used(page) == CROP


def test_nothing_of_the_photo_before_is_kept_for_one_that_is_opened(page) -> None:
    give(page, reference=png(grey(40)), after=png(grey(240)))
    step = {"src": png(grey(200)), "name": "smile 45"}
    page.evaluate("step => state.tell('before', step)", step)
    page.evaluate("uri => state.tell('proposal', { after: uri, label: 'blend' })", png(grey(90)))
    page.evaluate(
        "() => { window.dropped = 0; state.hear('proposal', (one) => { dropped += !one; }); }"
    )
    drop(page, "friend.png", noise(120, 80, 7))
    page.wait_for_function("() => stage.view.photo().width === 120")
    assert page.locator(".stage.proposing").count() == 0
    assert page.evaluate("() => dropped") == 1
    page.keyboard.down("c")
    assert page.inner_text(".tag.before") == "Before"


def test_other_edits_are_laid_in_once_however_fast_a_slider_moves(page) -> None:
    give(page)
    page.evaluate(COUNTED)
    other = {"crop": CROP | {"x": 0.8}, "reference": png(grey(40)), "after": png(grey(90))}
    page.evaluate(
        """async ([others, pictures]) => {
          window.give({ others });
          for (const after of pictures) window.give({ after });
          await stage.ready();
        }""",
        [[other], [png(grey(level)) for level in range(100, 110)]],
    )
    made = page.evaluate("() => large.made")
    assert made == 2  # the photo, and what was made of it
    page.evaluate("() => give({ others: [] })")
    page.wait_for_function("() => large.open <= 1")


@pytest.mark.parametrize("kind", ["webgl", "canvas"])
def test_what_another_photo_replaces_is_closed(browser, address: str, kind: str) -> None:
    page = opened(browser, f"{address}?kind={kind}")
    page.evaluate(COUNTED)
    give(page, photo=photo("photo"))
    page.evaluate(
        "async (those) => { for (const [i, photo] of those.entries()) window.give({ picture: `p${i + 2}`, photo, turn: i + 2, state: 'done' }); await stage.ready(); }",
        [photo("other"), photo("photo"), photo("other")],
    )
    page.wait_for_function("least => large.open === least", arg=0 if kind == "webgl" else 1)
    assert np.array_equal(composed(page)[..., :3], np.asarray(noise(900, 600, 2)))
    page.close()


def test_a_photo_that_is_given_is_decoded_once(page) -> None:
    page.evaluate(COUNTED)
    drop(page, "friend.png", noise(700, 500, 7))
    page.wait_for_function("() => stage.view.photo().width === 700")
    assert page.evaluate("() => large.made") == 1
    drop(page, "second.png", noise(800, 500, 8))
    page.wait_for_function("() => stage.view.photo().width === 800")
    page.wait_for_function("() => large.open === 1")


def test_where_the_card_has_no_room_the_canvas_draws_the_photo(browser, address: str) -> None:
    page = opened(browser, f"{address}?kind=webgl")
    page.evaluate(
        """() => {
          const gl = WebGL2RenderingContext.prototype, { texImage2D, getError } = gl;
          let full = false;
          gl.texImage2D = function (...given) {
            if (given.length === 6 && given[5].width >= 600 && !window.roomy) full = true;
            else texImage2D.apply(this, given);
          };
          gl.getError = function () { const now = full; full = false; return now ? gl.OUT_OF_MEMORY : getError.call(this); };
        }"""
    )
    give(page, photo=photo("photo"), reference=png(grey(40)), after=png(grey(40)))
    assert page.evaluate("() => stage.kind()") == "canvas"
    assert np.array_equal(composed(page)[..., :3], np.asarray(noise(900, 600, 1)))
    page.evaluate("() => { window.roomy = true; }")
    give(page, picture="p2", turn=2, photo=photo("other"))
    assert page.evaluate("() => stage.kind()") == "webgl"
    page.close()
    assert page.errors == []


LOSE = """() => document.querySelector('canvas.picture').getContext('webgl2')
  .getExtension('WEBGL_lose_context').loseContext()"""


def test_a_lost_card_leaves_the_zoom_and_is_tried_again(browser, address: str) -> None:
    page = opened(browser, f"{address}?kind=webgl")
    give(page)
    page.evaluate("() => stage.view.set({ scale: 3, x: -900, y: -500 })")
    lies = page.evaluate("() => ({ ...stage.view.transform() })")
    page.evaluate(LOSE)
    page.wait_for_function("() => stage.kind() === 'canvas'")
    page.evaluate("() => stage.ready()")
    assert composed(page).shape == (600, 900, 4)
    assert page.evaluate("() => stage.view.transform()") == lies
    give(page, picture="p2", turn=2, photo=photo("other"))
    assert page.evaluate("() => stage.kind()") == "webgl"
    assert composed(page).shape == (600, 900, 4)
    page.close()
    assert page.errors == []


def test_a_photo_that_is_gone_when_the_card_is_lost_is_said(browser, address: str) -> None:
    page = opened(browser, f"{address}?kind=webgl")
    give(page)
    page.evaluate("() => { window.fetch = async () => ({ ok: false, status: 404 }); }")
    page.evaluate(LOSE)
    page.wait_for_selector(".notice:not([hidden])")
    assert page.inner_text(".notice p") == "The picture cannot be shown. Reload the page."
    page.close()
    assert page.errors == []


def test_a_step_is_compared_with_at_once_and_by_its_name(page) -> None:
    give(page)
    step = {"compare": True, "picture": "p1", "after": png(grey(240)), "name": "smile 45"}
    page.evaluate("v => give(v)", step)
    assert page.locator(".divider").is_visible()
    assert page.inner_text(".tag.before") == "Before: smile 45"
    page.keyboard.press("d")  # another way of comparing stays
    page.evaluate("v => give(v)", step)
    assert page.get_attribute("[data-compare=difference]", "aria-pressed") == "true"


def test_why_a_step_of_another_picture_is_not_compared_with_is_said(page) -> None:
    give(page)
    page.evaluate("v => give(v)", {"compare": True, "picture": "p2", "after": png(grey(240))})
    assert page.locator(".divider").is_hidden()
    assert page.inner_text(".notice p").startswith("That step is of another picture.")

"""What lies over the picture on the stage, by mouse, fingers and keyboard, without the rest of the page."""

from __future__ import annotations

import numpy as np
import pytest

from tests.ui.driver import ROOT
from tests.ui.overlay_stage import DESKTOP, PHONE, SHOW, drag, heard, middle, swipe

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


# --- faces


def test_another_face_is_chosen_by_click_and_by_enter(stage) -> None:
    page = stage("faces")
    page.get_by_role("button", name="Face 2 of 3").click()
    page.get_by_role("button", name="Face 3 of 3").press("Enter")
    assert heard(page, "choose") == [[1], [2]]
    assert page.get_by_role("button", name="Face 1 of 3").count() == 0, "it is the shown one"
    assert page.get_by_role("img", name="Face 1 of 3, shown").count() == 1


def test_a_drag_that_begins_on_a_face_moves_the_picture(stage) -> None:
    page = stage("faces")
    drag(page, middle(page, "button.face >> nth=0"), (30, 10))
    assert heard(page, "choose") == []
    assert [one[0] for one in heard(page, "viewer")] == ["pointerdown"]


def test_a_tap_chooses_and_one_face_alone_has_no_box(stage) -> None:
    page = stage("faces", where=PHONE)
    page.touchscreen.tap(*middle(page, "button.face >> nth=1"))
    assert heard(page, "choose") == [[2]]
    page.evaluate("() => overlays.faces.show(FOUND.slice(0, 1), 0)")
    assert page.locator(".face:visible").count() == 0
    page.evaluate("() => overlays.faces.show(FOUND.slice(0, 1), -1)")
    assert page.locator("button.face:visible").count() == 1


def test_the_box_of_a_small_face_is_square_and_has_room_for_a_finger(stage) -> None:
    page = stage("faces", where=PHONE)
    page.add_style_tag(path=ROOT / "editor" / "ui" / "components" / "stage.css")
    page.add_style_tag(content="#stage { height: 400px !important; }")
    page.evaluate(
        "() => { document.querySelector('#host').classList.add('stage'); look(.1, 0, 0); }"
    )
    small = page.get_by_role("button", name="Face 3 of 3")
    box = small.bounding_box()
    assert (box["width"], box["height"]) == pytest.approx((16, 16), abs=0.1)
    below = [box["x"] + 8, box["y"] + 8 + 21]
    assert page.evaluate("([x, y]) => document.elementFromPoint(x, y).ariaLabel", below).startswith(
        "Face 3"
    )


# --- patch


def test_a_patch_is_dragged_to_its_place(stage) -> None:
    page = stage("patch")
    page.wait_for_selector(".patch-window canvas")
    box = page.evaluate("() => .42 * 800 * view.scale()")
    start = middle(page, ".patch-handle")
    drag(page, start, (0.1 * box, -0.2 * box))
    ((offset,),) = heard(page, "moved")
    turn = np.radians(6)
    want = (0.1 * np.cos(turn) + 0.2 * np.sin(turn), 0.1 * np.sin(turn) - 0.2 * np.cos(turn))
    assert offset == pytest.approx(want, abs=0.005)
    assert middle(page, ".patch-handle") == pytest.approx(
        (start[0] + 0.1 * box, start[1] - 0.2 * box), abs=1.5
    )
    drag(page, middle(page, ".patch-handle"), (2000, 0), steps=2)
    assert heard(page, "moved")[-1][0][0] == pytest.approx(0.5, abs=0.01)
    assert heard(page, "viewer") == []


def test_a_patch_obeys_keys_and_fingers(stage) -> None:
    page = stage("patch", where=PHONE)
    page.wait_for_selector(".patch-window canvas")
    page.focus(".patch-handle")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowDown")
    assert heard(page, "moved") == [[pytest.approx([-0.01, 0])], [pytest.approx([-0.01, 0.05])]]
    swipe(page, middle(page, ".patch-handle"), (0, -60))
    assert len(heard(page, "moved")) == 3
    assert heard(page, "moved")[-1][0][1] < 0
    assert page.evaluate("() => scrollY") == 0


def test_a_patch_shows_its_picture_where_the_mask_is_white(stage) -> None:
    page = stage("patch")
    page.wait_for_selector(".patch-window canvas")
    opaque = page.evaluate(
        """() => {
          const canvas = document.querySelector('.patch-window canvas');
          const pen = canvas.getContext('2d'), at = (u, v) => pen.getImageData(u * 512, v * 512, 1, 1).data[3];
          return [at(.5, .75), at(.5, .3), at(.1, .75)];
        }"""
    )
    assert opaque == [255, 0, 0]


# --- pucks


def test_a_puck_pulls_sliders(stage) -> None:
    page = stage("pucks")
    side = page.evaluate("() => .42 * 800 * view.scale()")
    drag(page, middle(page, "[data-part=mouth]"), (0, -0.06 * side))
    last = dict(heard(page, "pull"))
    assert last["smile"] == pytest.approx(0.5 * np.cos(np.radians(6)), abs=0.03)
    assert abs(last["mouth_open"]) == pytest.approx(0.5 * np.sin(np.radians(6)), abs=0.03)
    assert len(heard(page, "rest")) == 1
    assert heard(page, "viewer") == []
    drag(page, middle(page, "[data-part=nose]"), (0.06 * side, 0))
    assert dict(heard(page, "pull"))["turn"] == pytest.approx(-0.5, abs=0.03), "its sign is turned"
    drag(page, middle(page, "[data-part=sun]"), (0.3 * side, 0.1 * side))
    assert 0.3 < dict(heard(page, "pull"))["light"] < 0.8
    page.dblclick("[data-part=sun]")
    assert dict(heard(page, "pull"))["light"] == 0


def test_pucks_obey_keys_and_h_hides_them(stage) -> None:
    page = stage("pucks")
    puck = page.get_by_role("slider", name="Mouth")
    puck.focus()
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    assert dict(heard(page, "pull")) == pytest.approx({"smile": 0.11, "mouth_open": 0.01})
    assert len(heard(page, "rest")) == 3
    assert puck.get_attribute("aria-valuetext") == "Mouth open 1, Smile 11"
    page.keyboard.press("Backspace")
    assert dict(heard(page, "pull")) == {"smile": 0, "mouth_open": 0}
    page.keyboard.press("h")
    assert not page.is_visible(".puck")
    assert heard(page, "seen") == [[False]]
    page.focus("#field")
    page.keyboard.type("h")
    assert not page.is_visible(".puck")
    page.focus("body")
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("H")
    assert page.is_visible("[data-part=mouth]")


def test_a_finger_pulls_a_puck_that_lies_where_its_sliders_are(stage) -> None:
    page = stage("pucks", where=PHONE)
    before = middle(page, "[data-part=mouth]")
    swipe(page, before, (0, -60))
    assert heard(page, "pull")[-1][0] in ("smile", "mouth_open")
    assert len(heard(page, "rest")) == 1
    assert page.evaluate("() => scrollY") == 0
    page.evaluate(f"() => {{ {SHOW['pucks']} }}")
    assert middle(page, "[data-part=mouth]") == pytest.approx(before, abs=0.5)
    page.evaluate("() => overlays.pucks.show({crop: FOUND[0], marks: MARKS, shares: {smile: 0}})")
    assert page.locator(".puck:visible").count() == 1, "the others' sliders are not there"
    page.evaluate("() => overlays.pucks.show({crop: FOUND[2], marks: MARKS, shares: {smile: 0}})")
    assert page.locator(".puck:visible").count() == 0, "too small"


def test_of_handles_that_lie_under_one_finger_the_nearest_is_pulled(stage) -> None:
    page = stage("pucks", where=PHONE)
    (x, y), (_, low) = middle(page, "[data-part=nose]"), middle(page, "[data-part=mouth]")
    assert low - y < 44, "their targets lie on each other"
    swipe(page, (x, y + 0.4 * (low - y)), (12, 0))
    assert {name for name, _ in heard(page, "pull")} <= {"turn", "nod"}
    swipe(page, (x, y + 0.7 * (low - y)), (0, -12))
    assert "smile" in dict(heard(page, "pull"))


# --- all of them


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("where", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_everything_has_a_name_and_can_be_read(stage, where: dict, dark: bool) -> None:
    if not AXE.exists():
        pytest.skip("axe-core was not installed: npm ci")
    page = stage(where=where, dark=dark)
    page.add_script_tag(path=str(AXE))
    for name, show in SHOW.items():
        page.evaluate(f"() => {{ {show} }}")
        found = page.evaluate(
            "async () => (await axe.run('#host')).violations.map(v => [v.id, v.nodes[0].html])"
        )
        assert found == [], name
        page.evaluate(f"() => overlays.{name}.hide()")


def test_targets_are_large_enough_for_fingers(stage) -> None:
    page = stage("frame", "faces", "brush", where=PHONE)
    for selector in (".overlay-bar button:visible", ".frame-corner", ".frame-turn", ".bar-range"):
        for one in page.locator(selector).all():
            box = one.bounding_box()
            assert min(box["height"], box["width"]) >= 44, f"{selector} {one.text_content()}"

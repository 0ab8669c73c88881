"""The tab Teach in a real browser, what it makes of names, and what outlives a change of the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import gradio as gr
import pytest

from editor import Editor, Library
from editor.errors import OptionError
from editor.project.actions import add_edit
from editor.project.history import Project
from editor.teaching import POOL, grow_pool, pool_of
from editor.ui.components import history_strip
from editor.ui.handlers import Handlers
from editor.ui.own import slider_name
from editor.ui.shell import Shell
from editor.ui.teach import FOLDERS, PAIRS, TeachPanel, pair_by_name
from tests.ui.driver import AFTER, move, source, wait_for_change


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Odd ones", "odd_ones"),
        ("  Bart! ", "bart"),
        ("Größe 2", "größe_2"),
        ("3 hats", "my_3_hats"),
    ],
)
def test_names_of_sliders(title: str, name: str) -> None:
    assert slider_name(title) == name


@pytest.mark.parametrize("title", ["", "  ", "!?", None])
def test_no_name(title) -> None:
    with pytest.raises(OptionError, match="write a name"):
        slider_name(title)


@pytest.fixture
def handlers(tiny_root: Path) -> Handlers:
    return Handlers(Library("cpu", tiny_root / "checkpoints", tiny_root / "boundaries"), "tiny")


@pytest.fixture
def tiny_domain(handlers: Handlers) -> Editor:
    """The domain of `handlers`, with its samples ready."""
    tiny = handlers.library.open("tiny")
    for _ in grow_pool(tiny, 100):
        pass
    return tiny


@pytest.fixture
def panel(handlers: Handlers) -> TeachPanel:
    with gr.Blocks(), gr.Tab() as tab:
        files = gr.JSON(visible=False), gr.File(visible=False)
        shell = Shell(handlers, gr.State(), history_strip({}), *files)
        shell.refresh = {"fn": lambda: None}
        return TeachPanel(shell, tab)


def _marked(value: dict, kinds: str) -> dict:
    """The first pictures marked: + has it, - has it not."""
    given = [{"+": "has", "-": "not"}[kind] for kind in kinds]
    given += [""] * (len(value["items"]) - len(given))
    items = [{**item, "mark": kind} for item, kind in zip(value["items"], given, strict=True)]
    return {**value, "items": items}


def _ids(value: dict) -> list[str]:
    return [item["id"] for item in value["items"]]


def _with_photo(tiny: Editor, project: Project, seed: int) -> Project:
    return add_edit(project, replace(tiny.sample(seed), photo=tiny.example(seed)), f"photo {seed}")


def test_show_pictures_counts_marks_in_and_shows_others(
    panel: TeachPanel, handlers: Handlers, tiny_domain: Editor
) -> None:
    visitor = handlers.first_visitor()
    *_, (first, _, none) = panel.show(visitor, {}, None)
    assert none == {}
    *_, (second, said, lessons) = panel.show(visitor, none, _marked(first, "+++"))
    assert "3 have it, 0 have not so far" in said
    assert len(second["items"]) == 12
    assert not set(_ids(first)) & set(_ids(second))
    *_, (third, said, lessons) = panel.show(visitor, lessons, _marked(second, "--"))
    assert "3 have it, 2 have not so far" in said
    assert not {*_ids(first), *_ids(second)} & set(_ids(third))
    *_, said, _ = panel.learn(visitor, _marked(third, "+-"), lessons, [])
    assert "4 have it, 3 have not" in said


def test_marks_of_a_domain_that_was_left_are_kept(
    panel: TeachPanel, handlers: Handlers, tiny_domain: Editor
) -> None:
    visitor = handlers.first_visitor()
    visitor = visitor.put(replace(visitor.project, domain="left"))
    *_, (value, _, _) = panel.show(visitor, {}, None)
    *_, (_, said, lessons) = panel.show(visitor, {}, {**_marked(value, "++--"), "domain": "left"})
    assert "so far" not in said
    assert list(lessons) == ["left"]
    assert lessons["left"].counts == (2, 2)
    unknown = {**_marked(value, "++--"), "domain": "../x"}
    *_, (_, _, lessons) = panel.show(visitor, {}, unknown)
    assert lessons == {}


def test_without_samples_learn_says_what_to_press(panel: TeachPanel, handlers: Handlers) -> None:
    visitor = handlers.first_visitor()
    assert pool_of(handlers.library.open("tiny")) is None
    shown = {"items": [{"id": "seed:300000", "mark": "has"}]}
    with pytest.raises(gr.Error, match="press Show pictures first"):
        panel.learn(visitor, {"domain": "tiny", **shown}, {}, [])
    with pytest.raises(gr.Error, match="of another domain; press Show pictures first"):
        panel.learn(visitor, {"domain": "faces64", **shown}, {}, [])


@pytest.mark.parametrize("name", ["x", "-1", "٣", str(300_000 + POOL), "299999"])
def test_what_is_not_among_the_samples_is_refused(
    panel: TeachPanel, handlers: Handlers, tiny_domain: Editor, name: str
) -> None:
    value = {"domain": "tiny", "items": [{"id": f"seed:{name}", "mark": "has"}]}
    with pytest.raises(gr.Error, match="is not known"):
        panel.learn(handlers.first_visitor(), value, {}, [])


def test_a_photo_in_the_place_of_a_removed_one_is_new(
    panel: TeachPanel, handlers: Handlers, tiny_domain: Editor
) -> None:
    tiny, visitor = tiny_domain, handlers.first_visitor()
    with_old = visitor.keep(_with_photo(tiny, visitor.project, 1))
    old = with_old.project.pictures[-1].id
    *_, (value, _, _) = panel.show(with_old, {}, None)
    assert _ids(value)[0] == f"photo:{old}"
    with_new = visitor.keep(_with_photo(tiny, with_old.project.remove({old}), 2))
    assert with_new.project.pictures[-1].id == old, "ids are given again"
    _, lessons, _, said, _ = panel.learn(with_new, _marked(value, "++-"), {}, [])
    assert "1 have it, 1 have not" in said, "the mark was not meant for this photo"
    *_, (after, _, _) = panel.show(with_new, lessons, None)
    assert _ids(after)[0] == f"photo:{old}"
    _, lessons, _, said, _ = panel.learn(with_new, _marked(after, "+"), lessons, [])
    assert "2 have it, 1 have not" in said
    *_, (after, _, _) = panel.show(with_new, lessons, None)
    assert not any(name.startswith("photo") for name in _ids(after))


def test_a_photo_that_is_there_twice_is_asked_once(
    panel: TeachPanel, handlers: Handlers, tiny_domain: Editor
) -> None:
    visitor = handlers.first_visitor()
    project = _with_photo(tiny_domain, _with_photo(tiny_domain, visitor.project, 1), 1)
    *_, (value, _, _) = panel.show(visitor.keep(project), {}, None)
    assert [name.partition(":")[0] for name in _ids(value)] == ["photo", *["seed"] * 11]


def test_pairs_are_of_equal_stems() -> None:
    before = ["/1/a.avif", "/2/a.b.png", "/3/Zoe.HEIC"]
    after = ["/9/zoe.png", "/8/a.b.png", "/7/a.jpg"]
    assert pair_by_name(before, after) == [
        ("/1/a.avif", "/7/a.jpg"),
        ("/2/a.b.png", "/8/a.b.png"),
        ("/3/Zoe.HEIC", "/9/zoe.png"),
    ]


def _files(folder: Path, tiny: Editor, count: int, seed: int) -> list[str]:
    folder.mkdir()
    for i in range(count):
        tiny.example(seed + i).resize((32, 32)).save(folder / f"{i}.png")
    return [str(folder / f"{i}.png") for i in range(count)]


def test_too_few_readable_photos_are_told_before_anything_is_made(
    panel: TeachPanel, handlers: Handlers, tmp_path: Path
) -> None:
    visitor, tiny = handlers.first_visitor(), handlers.library.open("tiny")
    first, second = (_files(tmp_path / f"{i}", tiny, 2, 10 * i) for i in (1, 2))
    for path in first:
        Path(path).write_bytes(b"no picture")
    steps = panel.photos(visitor, FOLDERS, first, second, [])
    with pytest.raises(gr.Error, match=r"too few photos.*0\.png was left out.*1\.png was left out"):
        list(steps)
    assert pool_of(tiny) is None, "no samples were made in vain"


def test_a_pair_with_an_unreadable_photo_is_left_out(
    panel: TeachPanel, handlers: Handlers, tmp_path: Path
) -> None:
    visitor, tiny = handlers.first_visitor(), handlers.library.open("tiny")
    after, before = (_files(tmp_path / f"{i}", tiny, 3, 10 * i) for i in (1, 2))
    Path(after[1]).write_bytes(b"no picture")
    *_, ((slider,), said, _) = panel.photos(visitor, PAIRS, after, before, ["gone"])
    assert "Learned from 4 photos" in said
    assert "1.png was left out" in said
    assert slider.info.facts["pairs"] == 2


def test_a_slider_of_another_domain_is_refused(
    panel: TeachPanel, handlers: Handlers, tmp_path: Path
) -> None:
    visitor, tiny = handlers.first_visitor(), handlers.library.open("tiny")
    after, before = (_files(tmp_path / f"{i}", tiny, 2, 10 * i) for i in (1, 2))
    *_, ((slider,), _, _) = panel.photos(visitor, PAIRS, after, before, None)
    foreign = replace(slider, info=replace(slider.info, domain="faces64"))
    with pytest.raises(gr.Error, match="learned in 'faces64', but 'tiny' is open"):
        panel.added(visitor, (foreign,), "Mine")
    with pytest.raises(gr.Error, match="learned in 'faces64', but 'tiny' is open"):
        panel.discover.kept(visitor, (foreign,), {"chosen": {"row": 0}}, "Mine")
    added, _ = panel.added(visitor, (slider,), "Mine")
    assert [own.info.name for own in added.project.sliders] == ["mine"]


def _name(page, text: str) -> None:
    field = page.get_by_label("Name of the slider")
    field.fill(text)
    field.press("Tab")


def test_a_slider_is_taught_used_exported_and_given_to_all(
    page, server: str, browser, root: Path, tmp_path: Path
) -> None:
    page.click("role=tab[name=Teach]")
    page.click("#teach-next")
    page.wait_for_selector(".toast-body:has-text('Show pictures first')")
    page.click("#teach-begin")
    cards = page.locator("#marks .mark-card")
    page.wait_for_selector("#marks .mark-card >> nth=11", timeout=180_000)
    first = cards.nth(0).get_attribute("data-id")
    page.click("#teach-next")
    page.wait_for_selector(".toast-body:has-text('mark 1 of each')")
    for i in range(12):
        kind = "has" if i < 5 else "not"
        cards.nth(i).locator(f"[data-kind={kind}]").click()
        assert kind in cards.nth(i).get_attribute("class")
    cards.nth(0).locator("[data-kind=has]").click()  # the mark is taken back
    assert "open" in cards.nth(0).get_attribute("class")
    page.click("#teach-next")
    page.wait_for_selector("#teach-status :text('4 have it, 7 have not')")
    assert "five of each" in page.inner_text("#teach-status")
    page.wait_for_selector("#teach-result .row >> nth=2")
    assert first not in [cards.nth(i).get_attribute("data-id") for i in range(12)]
    for i in range(12):
        cards.nth(i).locator(f"[data-kind={'has' if i % 2 else 'not'}]").click()
    page.click("#teach-next")
    page.wait_for_selector("#teach-status :text('10 have it, 13 have not')")
    shown = cards.nth(0).get_attribute("data-id")
    for i in range(2):
        cards.nth(i).locator("[data-kind=has]").click()
    page.click("#teach-begin")
    page.wait_for_selector("#teach-status :text('12 have it, 13 have not so far')")
    page.wait_for_function(
        "old => document.querySelector('#marks .mark-card').dataset.id !== old", arg=shown
    )
    page.click("#teach-next")
    page.wait_for_selector("#teach-status :text('12 have it, 13 have not ·')")
    assert "% of marks" in page.inner_text("#teach-status")
    strips = page.locator("#teach-result img").first.get_attribute("src")
    page.click("#teach-others input")
    page.click("[role=option]:has-text('smile')")
    page.wait_for_function(
        "old => document.querySelector('#teach-result img').src !== old", arg=strips
    )
    page.keyboard.press("Escape")
    page.click("#teach-add")
    page.wait_for_selector(".toast-body:has-text('write a name')")
    _name(page, "Smile")
    page.click("#teach-add")
    page.wait_for_selector(".toast-body:has-text('already')")
    _name(page, "Odd ones")
    page.click("#teach-add")
    page.wait_for_selector("#teach-status :text('is among the sliders')")
    with page.expect_download() as download:
        page.click("#teach-export")
    file = tmp_path / "odd_ones.safetensors"
    download.value.save_as(file)
    page.click("role=tab[name=Edit]")
    before = source(page)
    page.wait_for_selector("#slider-odd_ones")
    page.locator("#slider-odd_ones input").fill("2")
    moved = wait_for_change(page, before)
    other = browser.new_context().new_page()
    other.goto(server)
    other.wait_for_selector("#slider-smile")
    assert other.locator("#slider-odd_ones").count() == 0, "it is this visitor's own"
    other.click("role=tab[name=Teach]")
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(file.read_bytes()[:-40])
    other.set_input_files("#teach-file input[type=file]", str(bad))
    other.wait_for_selector(".toast-body:has-text('damaged')")
    other.click("#teach-file [aria-label='Clear'], #teach-file [aria-label='Remove this file']")
    other.set_input_files("#teach-file input[type=file]", str(file))
    other.wait_for_selector("#own-status :text('is among the sliders')")
    other.click("role=tab[name=Edit]")
    other.locator("#slider-odd_ones input").fill("2")
    other.wait_for_function(
        "now => document.querySelector('#picture img.after').src === now", arg=moved
    )
    other.context.close()
    page.click("role=tab[name=Teach]")
    page.click("#teach-keep")
    page.wait_for_selector("#own-status :text('is a slider of')")
    saved = root / "boundaries" / "faces64" / "odd_ones.safetensors"
    assert saved.is_file()
    third = browser.new_context().new_page()
    third.goto(server)
    third.wait_for_selector("#slider-smile")
    third.click("text=Advanced")
    third.get_by_label("Most steps").fill("1")
    third.locator("#examples button").first.click()
    third.wait_for_selector("#slider-odd_ones")
    third.context.close()
    saved.unlink()


def test_directions_are_discovered_and_kept(page) -> None:
    page.click("role=tab[name=Teach]")
    page.click("#discover button >> nth=0")
    page.click("#discover-run")
    page.wait_for_selector("#discovered .keep >> nth=7")
    images = page.locator("#discovered .row").nth(2).locator("img")
    assert images.count() == 5
    assert len({images.nth(i).get_attribute("src") for i in range(5)}) == 5
    _name(page, "Third")
    page.locator("#discovered .keep").nth(2).click()
    page.wait_for_selector("#teach-status :text('is among the sliders')")
    page.click("role=tab[name=Edit]")
    before = source(page)
    move(page, "third", 1)
    moved = wait_for_change(page, before) if source(page) == before else source(page)
    page.click("role=tab[name=Teach]")
    page.click("#teach-remove")
    page.wait_for_selector("#own-status :text('was removed; 1 edit changed')")
    page.click("#teach-remove")
    page.wait_for_selector(".toast-body:has-text('choose one of your sliders')")
    page.click("role=tab[name=Edit]")
    page.wait_for_selector("#slider-third", state="detached")
    page.wait_for_function(
        "([s, old]) => document.querySelector(s).src === old", arg=[AFTER, before]
    )
    assert moved != before


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_overflows(page, width: int) -> None:
    page.click("role=tab[name=Teach]")
    page.set_viewport_size({"width": width, "height": 844})
    page.wait_for_timeout(400)
    assert page.evaluate("document.documentElement.scrollWidth") <= width

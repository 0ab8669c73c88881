"""What the browser keeps: names, tabs, lost networks, photos that cannot be had."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.ui.driver import (
    asked,
    frames,
    give,
    in_state,
    invert,
    kept,
    most_steps,
    move,
    opened,
    settled,
)

NODES = "#filmstrip .picture"
KEPT = """async () => {
  const base = await new Promise((resolve, reject) => {
    const request = indexedDB.open('in-domain-editor', 2);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const store = base.transaction('visits').objectStore('visits');
  const all = await new Promise((resolve) => {
    const request = store.getAll();
    request.onsuccess = () => resolve(request.result);
  });
  base.close();
  return all.map((one) => ({ visit: one.visit, photos: Object.values(one.photos).map((blob) => [blob.size, blob.type]) }));
}"""


@pytest.fixture
def context(server: str, browser):
    made = browser.new_context(viewport={"width": 1280, "height": 900})
    made.set_default_timeout(20_000)
    yield made
    made.close()


def _wait_for_nodes(page, count: int) -> None:
    page.wait_for_function(
        "([s, n]) => document.querySelectorAll(s).length >= n", arg=[NODES, count]
    )


def _reload_and_save(page, photo: Path) -> None:
    """After a reload the picture is there, and the whole photo has its size."""
    page.reload()
    _wait_for_nodes(page, 1)
    with page.expect_download() as saved:
        page.keyboard.press("Control+s")
    with Image.open(saved.value.path()) as whole, Image.open(photo) as source:
        assert whole.size == source.size


@pytest.fixture
def named(tmp_path: Path, photo: Path) -> Path:
    """A photo whose name an address has to write in another way."""
    path = tmp_path / "holiday #1 %20 50%, ünd?.png"
    Image.open(photo).convert("RGB").save(path)
    return path


def test_any_name_outlives_a_reload(context, server: str, named: Path) -> None:
    page = opened(context, server)
    invert(page, named)
    kept(page)
    ((size, kind),) = page.evaluate(KEPT)[0]["photos"]
    assert kind == "image/png"
    assert size == named.stat().st_size
    _reload_and_save(page, named)


def test_any_name_outlives_the_server_s_memory(context, server: str, named: Path) -> None:
    """A new visit that knows nothing but what the browser kept."""
    page = opened(context, server)
    invert(page, named)
    kept(page)
    context.clear_cookies()  # the server takes it for another visit
    _reload_and_save(page, named)


def test_an_edit_while_the_visit_is_asked_for_is_asked_for_again(context, server: str) -> None:
    page = opened(context, server)
    mode = page.evaluate(
        "gradio_config.dependencies.find((one) => one.id === calls.index('browser-storage', 'submit')).trigger_mode"
    )
    assert mode == "always_last"


def test_tabs_keep_records_of_their_own(context, server: str, photo: Path) -> None:
    first, second = opened(context, server), opened(context, server)
    invert(first, photo)
    kept(first)
    move(second, "smile", 1.0)
    kept(second)
    assert len(second.evaluate(KEPT)) == 2
    assert not first.locator("#browser-storage .offer").is_visible()
    first.reload()
    second.reload()
    _wait_for_nodes(first, 1)
    _wait_for_nodes(second, 1)
    assert "photo" in (
        first.locator(f"{NODES} button, {NODES}").last.get_attribute("aria-label") or "photo"
    )
    with first.expect_download():
        first.click("#header-bar [data-act=save]")


def test_a_new_tab_is_offered_the_newest_visit(context, server: str, photo: Path) -> None:
    page = opened(context, server)
    invert(page, photo)
    kept(page)
    other = opened(context, server)
    asked(other, "browser-storage", "submit")
    assert len(other.evaluate(KEPT)) == 1  # as the page has read by then, too
    frames(other, 2)
    assert not other.locator("#browser-storage .offer").is_visible()  # it is open in the other tab
    other.close()
    page.close()
    page = opened(context, server)
    page.wait_for_selector("#browser-storage .offer:not([hidden])")
    assert page.locator(NODES).count() == 0
    page.click("#browser-storage .take")
    _wait_for_nodes(page, 1)
    page.reload()
    _wait_for_nodes(page, 1)


def test_a_copied_tab_does_not_overwrite_the_other(context, server: str, photo: Path) -> None:
    page = opened(context, server)
    invert(page, photo)
    kept(page)
    stored = page.evaluate("() => ({ ...sessionStorage })")
    copy = opened(context, None)
    again = "for (const [k, v] of Object.entries(STORED)) sessionStorage.setItem(k, v);"
    script = again.replace("STORED", json.dumps(stored))
    copy.add_init_script(f"if (!sessionStorage.length) {{ {script} }}")
    copy.goto(server)
    _wait_for_nodes(copy, 1)
    name = "() => sessionStorage.getItem('in-domain-editor-tab')"
    copy.wait_for_function(f"old => ({name})() !== old", arg=page.evaluate(name))
    settled(copy)
    assert page.evaluate(name) == stored["in-domain-editor-tab"] != copy.evaluate(name)


def test_a_lost_network_loses_no_picture(context, server: str, photo: Path) -> None:
    page = opened(context, server)
    asked(page, "browser-storage", "submit")
    page.wait_for_function("() => sessionStorage.getItem('in-domain-editor-visit')")
    index = page.evaluate("() => calls.index('browser-storage', 'submit')")
    held = []

    def ask(route) -> None:  # the page's question what it is to keep gets no answer
        its = route.request.post_data_json["fn_index"] == index
        held.append(route) if its else route.continue_()

    page.route("**/queue/join**", ask)
    with page.expect_request(
        lambda one: "/queue/join" in one.url and one.post_data_json["fn_index"] == index
    ):
        most_steps(page, 3)
        give(page, photo)
        in_state(page, "done")
    context.set_offline(True)
    with page.expect_event("requestfailed", lambda one: "/queue/join" in one.url):
        held[0].abort("internetdisconnected")
    assert all(not one["photos"] for one in page.evaluate(KEPT))
    page.unroute("**/queue/join**")
    context.set_offline(False)
    page.reload()
    _wait_for_nodes(page, 1)


def test_a_photo_that_cannot_be_had_costs_no_more_than_itself(
    context, server: str, photo: Path
) -> None:
    page = opened(context, server)
    page.route("**/file=**", lambda route: route.fulfill(status=500, body="no"))
    invert(page, photo)
    kept(page, photos=0)
    assert [one["photos"] for one in page.evaluate(KEPT)] == [[]]  # an error's text is no photo
    page.unroute("**/file=**")
    move(page, "smile", 1.0)
    kept(page, photos=1)  # asked again with the next change


def test_a_record_with_a_broken_photo_opens_without_it(context, server: str, photo: Path) -> None:
    page = opened(context, server)
    invert(page, photo)
    kept(page)
    context.clear_cookies()
    page.route("**/upload**", lambda route: route.fulfill(status=507, body="full"))
    page.reload()
    _wait_for_nodes(page, 1)
    page.unroute("**/upload**")
    move(page, "smile", 1.0)  # the picture is there; its square can be edited


SPOIL = """async () => {
  const base = await new Promise((resolve) => {
    const request = indexedDB.open('in-domain-editor', 2);
    request.onsuccess = () => resolve(request.result);
  });
  const change = base.transaction('visits', 'readwrite');
  const store = change.objectStore('visits');
  const name = sessionStorage.getItem('in-domain-editor-tab');
  store.get(name).onsuccess = (event) => {
    store.put({ ...event.target.result, projects: { faces64: 'AAAA' }, visit: 'spoiled' }, name);
  };
  await new Promise((resolve) => { change.oncomplete = resolve; });
  base.close();
}"""


def test_a_record_that_cannot_be_opened_stays(context, server: str, photo: Path) -> None:
    page = opened(context, server)
    invert(page, photo)
    kept(page)
    page.evaluate(SPOIL)
    context.clear_cookies()
    page.reload()
    page.wait_for_selector("text=could not be restored")
    settled(page)
    move(page, "smile", 1.0)
    kept(page)
    found = page.evaluate(KEPT)
    assert len(found) == 2
    assert [len(one["photos"]) for one in found if one["visit"] == "spoiled"] == [1]

"""What keeps the visit in the browser, alone: its answers are the test's, its database may be refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.harness import alone

REFUSED = (
    "IDBFactory.prototype.open = () => { throw new DOMException('refused', 'SecurityError'); };"
)
FULL = "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); };"
RECORD = """async () => {
  const base = await new Promise((done) => { const asks = indexedDB.open('in-domain-editor', 2); asks.onsuccess = () => done(asks.result); });
  const asks = base.transaction('visits').objectStore('visits').get(sessionStorage.getItem('in-domain-editor-tab'));
  const found = await new Promise((done) => { asks.onsuccess = () => done(asks.result); });
  base.close();
  return found ? { projects: found.projects, visit: found.visit, photos: Object.keys(found.photos) } : null;
}"""
BEGUN = "() => window.ready && sent.length"


def _kept(data: str) -> dict[str, Any]:
    photos = {"photos/a.jpg": "/up/a.jpg"}
    return {"visit": "v1", "open": "f", "projects": {"f": data}, "photos": photos, "worth": True}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with alone("browser_storage", None) as url:
        yield url


@pytest.fixture
def context(browser) -> Iterator[Any]:
    made = browser.new_context()
    made.set_default_timeout(15_000)
    yield made
    made.close()


def _opened(context: Any, address: str, script: str = "") -> Any:
    """A page whose component has asked for what it needs; a script's error fails the test by `errors`."""
    page = context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    if script:
        page.add_init_script(script)
    page.goto(address)
    page.wait_for_function(BEGUN)
    page.evaluate(
        "() => { window.said = []; page.hear('said', (one) => said.push([one.text, one.bad])); }"
    )
    return page


def test_the_newest_is_kept_last_and_each_photo_is_fetched_once(context, address: str) -> None:
    page = _opened(context, address)
    held: list[Any] = []
    page.route("**/file=*/**", lambda route: held.append(route))
    with page.expect_request("**/file=*/**"):
        page.evaluate("value => answer(value)", _kept("one"))
    for data in ("two", "three"):
        page.evaluate("value => answer(value)", _kept(data))
    held[0].fulfill(body=b"photo")
    page.wait_for_function(f"async () => (await ({RECORD})())?.projects.f === 'three'")
    assert page.evaluate(RECORD)["photos"] == ["photos/a.jpg"]
    assert len(held) == 1
    assert page.errors == []


def test_where_nothing_can_be_kept_it_is_said_once(context, address: str) -> None:
    page = _opened(context, address, FULL)
    page.route("**/file=*/**", lambda route: route.fulfill(body=b"photo"))
    page.evaluate("value => answer(value)", _kept("one"))
    page.wait_for_function("() => said.length === 1")
    with page.expect_console_message(lambda line: "could not be kept" in line.text):
        page.evaluate("value => answer(value)", _kept("two"))
    ((text, bad),) = page.evaluate("said")
    assert bad
    assert "Save the project" in text
    assert page.errors == []


def test_where_the_database_is_refused_the_server_is_asked_all_the_same(
    context, address: str
) -> None:
    page = _opened(context, address, REFUSED)
    assert page.evaluate("sent[0][0]") == "submit"
    page.evaluate("value => answer(value)", _kept("one"))
    page.wait_for_function("() => said.length === 1")
    page.reload()
    page.wait_for_function(BEGUN)
    event, value = page.evaluate("sent[0]")
    assert (event, value["restore"]["visit"]) == ("apply", "v1"), "the server may still have it"
    assert page.errors == []


@pytest.mark.parametrize("script", ["", REFUSED], ids=["kept", "refused"])
def test_what_is_cleared_leaves_nothing_of_the_visit_but_looks(
    context, address: str, script: str
) -> None:
    page = _opened(context, address, script)
    page.route("**/file=*/**", lambda route: route.fulfill(body=b"photo"))
    page.evaluate("value => answer(value)", _kept("one"))
    if not script:
        page.wait_for_function(f"async () => Boolean(await ({RECORD})())")
    page.evaluate(
        """() => {
        for (const name of ['project', 'draft', 'view', 'frame', 'visit']) sessionStorage.setItem(`in-domain-editor-${name}`, 'x');
        sessionStorage.setItem('other', 'x'); localStorage.setItem('in-domain-editor-looks', '{}'); }"""
    )
    page.on("dialog", lambda dialog: dialog.accept())
    with page.expect_navigation():
        page.evaluate("answer({ forget: 'x' })")
    page.wait_for_function(BEGUN)
    assert sorted(page.evaluate("Object.keys(sessionStorage)")) == ["in-domain-editor-tab", "other"]
    assert page.evaluate("localStorage.getItem('in-domain-editor-looks')") == "{}"
    assert page.evaluate("sent[0][0]") == "submit", "nothing is brought back"
    if not script:
        assert page.evaluate(RECORD) is None
    assert page.errors == []

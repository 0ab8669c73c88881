"""The store of visitors' states."""

from __future__ import annotations

import copy
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from editor.ui.limits import Limits
from editor.ui.state import Store, Visitor

LIMITS = Limits(max_pages_visit=2, max_pages=3, visit_hours=1.0)


def _named(name: str):
    return lambda newest: replace(newest, domain=f"{newest.domain} {name}")


@pytest.fixture
def clock() -> SimpleNamespace:
    return SimpleNamespace(now=0.0)


@pytest.fixture
def store(clock: SimpleNamespace) -> Store:
    return Store(LIMITS, lambda: clock.now)


def test_an_event_undoes_nothing_that_another_did(store: Store) -> None:
    old = Visitor("a")
    assert store.newest(old) is old
    first = store.update(old, _named("b"))
    second = store.update(old, _named("c"))  # sent by a page that knew nothing of the first
    assert (first.domain, second.domain) == ("a b", "a b c")
    assert store.newest(old) is store.newest(first) is second
    assert old.number < first.number < second.number
    assert store.update(second, lambda newest: newest) is second, "nothing changed"
    assert old.domain == "a", "a state that was given out is never changed"


def test_a_function_that_fails_or_gives_back_what_it_got_changes_nothing(store: Store) -> None:
    visitor = store.update(Visitor("a"), _named("b"))
    assert store.update(visitor, lambda newest: newest) is visitor
    with pytest.raises(ZeroDivisionError):
        store.update(visitor, lambda newest: replace(newest, domain=str(1 / 0)))
    assert store.newest(visitor) is visitor


def test_changes_at_once_come_one_after_another(store: Store) -> None:
    visitor = Visitor("")

    def work() -> None:
        for _ in range(200):
            store.update(visitor, lambda newest: replace(newest, domain=newest.domain + "x"))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.newest(visitor).domain == "x" * 800


def test_a_copy_is_a_visit_of_its_own(store: Store) -> None:
    first = Visitor("a")
    one, two = copy.deepcopy(first), copy.deepcopy(first)
    store.update(one, _named("b"))
    assert store.newest(two) is two
    assert len({first.visit.id, one.visit.id, two.visit.id}) == 3


def _kept(store: Store, owner: str) -> Visitor:
    visitor = store.update(Visitor("a"), _named("b"))
    store.belongs(visitor, owner)
    return visitor


def test_a_visit_is_found_by_its_owner_alone(store: Store) -> None:
    visitor = _kept(store, "ann")
    assert store.find("ann", visitor.visit.id) is visitor
    assert store.find("bob", visitor.visit.id) is None
    later = store.update(visitor, _named("c"))
    assert store.find("ann", visitor.visit.id) is later
    fresh = Visitor("a")
    store.belongs(fresh, "ann")
    assert store.find("ann", fresh.visit.id) is None, "nothing was done in it"


def test_so_many_visits_are_kept_the_last_used_ones(store: Store) -> None:
    one, two = _kept(store, "ann"), _kept(store, "ann")
    store.belongs(one, "ann")  # used again
    three = _kept(store, "ann")
    found = [store.find("ann", v.visit.id) is not None for v in (one, two, three)]
    assert found == [True, False, True]
    others = [_kept(store, name) for name in ("bob", "cid")]
    assert store.find("ann", one.visit.id) is None, "more than all may have"
    assert all(store.find(v.visit.owner, v.visit.id) is v for v in (three, *others))
    assert store.newest(one) is one, "its page goes on all the same"


def test_a_visit_that_nobody_used_for_long_is_forgotten(
    store: Store, clock: SimpleNamespace
) -> None:
    old = _kept(store, "ann")
    clock.now = 3000.0
    new = _kept(store, "bob")
    clock.now = 3700.0
    store.forget_old()
    assert store.find("ann", old.visit.id) is None
    assert store.find("bob", new.visit.id) is new

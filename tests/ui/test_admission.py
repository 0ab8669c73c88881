"""How many answers a page may leave unread."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from editor.errors import BusyError
from editor.ui.admission import MAX_ANSWERING, MAX_UNREAD, Admission, Calls
from editor.ui.clients import Client
from editor.ui.limits import Limits
from editor.ui.open_pages import OpenPages
from editor.ui.visit_files import VisitFiles

CLIENT = Client("a" * 32, "1.1.1.1")


def test_pictures_of_a_slider_are_counted_by_themselves(tmp_path: Path) -> None:
    limits = Limits(live_client=5, requests_client=3)
    files, now = VisitFiles(tmp_path), 0.0
    admission = Admission(limits, OpenPages(limits), files, lambda _: Calls())
    admission.rates.clock = lambda: now

    def taken(client: Client, live: bool) -> int:
        for count in range(1000):
            try:
                admission.check_rate(client, live)
            except BusyError:
                return count
        raise AssertionError("all were taken")

    assert taken(CLIENT, True) == 10
    assert taken(CLIENT, False) == 15, "other requests"
    assert taken(Client("b" * 32, "2.2.2.2"), True) == 10, "another client"
    now = 1.0
    assert taken(CLIENT, True) == 5
    with pytest.raises(BusyError, match="too many pictures"):
        admission.check_rate(CLIENT, True)
    files.close()


def test_answers_past_the_queue_that_a_page_does_not_read(tmp_path: Path) -> None:
    files = VisitFiles(tmp_path)
    admission = Admission(Limits(), OpenPages(Limits()), files, lambda _: Calls())
    with ExitStack() as stack:
        for _ in range(MAX_ANSWERING):
            stack.enter_context(admission.answering("page"))
        with pytest.raises(BusyError, match="does not read"), admission.answering("page"):
            pass
        with admission.answering("another"):
            pass
    with admission.answering("page"):
        assert admission._answering == {"page": 1}
    files.close()


def test_answers_that_a_page_does_not_read(tmp_path: Path) -> None:
    now, unread = 0.0, 0
    pages, files = OpenPages(Limits(), lambda: now), VisitFiles(tmp_path)
    admission = Admission(Limits(), pages, files, lambda _: Calls(unread=unread, known=True))

    def refused() -> bool:
        with suppress(BusyError):
            admission.check_calls("page", CLIENT, 100)
            return False
        return True

    def most() -> int:
        nonlocal unread
        unread = 0
        while not refused():
            unread += 1
        return unread - 1

    page = pages.of("page", CLIENT)
    assert most() == MAX_UNREAD[False], "one that has never listened"
    with pages.connected(page, "listening"):
        assert most() == MAX_UNREAD[True]
    assert most() == MAX_UNREAD[True], "it is about to listen again"
    now = Limits().unread_s + 0.1
    assert most() == MAX_UNREAD[False], "it did not"
    with pytest.raises(BusyError, match="does not read its answers"):
        admission.check_calls("page", CLIENT, 100)
    files.close()

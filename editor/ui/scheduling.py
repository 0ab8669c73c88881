"""Handlers take turns: each waits for its place without a thread, and ends when nobody hears it."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from typing import Any

import anyio
import gradio as gr
from anyio import CapacityLimiter

from editor.errors import EditorError
from editor.ui import gradio_internals
from editor.ui.component_values import status
from editor.ui.error_messages import as_refusal
from editor.ui.service import Service
from editor.ui.state import Visitor

WORKERS = 12  # threads in which handlers run, more than all places of the lanes
END = object()


def schedule(page: gr.Blocks, service: Service, state: gr.State) -> None:
    """Let every handler of a page take turns, as `Service` says.

    Args:
        page: with all its events, before it is mounted.
        service: what the visitors share.
        state: holds the `Visitor`; a handler that takes it waits for others of its visit.
    """
    threads = Threads()
    service.visitor_of = partial(gradio_internals.state_of, page, state)

    def wrap(function: Callable[..., Any], inputs: list[Any], outputs: list[Any]) -> Any:
        place = inputs.index(state) if state in inputs else None
        if inspect.isgeneratorfunction(function):
            return _stepwise(function, place, outputs, service, threads)
        return _at_once(function, place, service, threads)

    gradio_internals.wrap_handlers(page, wrap)


class Threads:
    """Runs functions in so many threads at once; the limit is made when the loop runs.

    Args:
        most: how many threads.
    """

    def __init__(self, most: int = WORKERS) -> None:
        self.most = most
        self._limiter: CapacityLimiter | None = None

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run a function in a thread, and return what it returns."""
        if self._limiter is None:
            self._limiter = CapacityLimiter(self.most)
        return await anyio.to_thread.run_sync(partial(function, *args), limiter=self._limiter)


def _at_once(
    function: Callable[..., Any], place: int | None, service: Service, threads: Threads
) -> Any:
    lane = getattr(function, "lane", "light")

    async def call(request: gr.Request, *args: Any) -> Any:
        visitor = None if place is None else args[place]
        client, _ = service.caller(gradio_internals.scope_of(request), visitor)
        try:
            async with service.one_by_one(visitor), service.lanes[lane].turn(client.key):
                return await threads.run(function, *args)
        except (EditorError, gr.Error) as error:
            raise as_refusal(error, function, visitor) from None

    return call


def _stepwise(
    function: Callable[..., Any],
    place: int | None,
    outputs: Any,
    service: Service,
    threads: Threads,
) -> Any:
    """Wrap a long job. It waits for its turn, gives it up where others wait, and ends unheard."""
    lane = getattr(function, "lane", "long")
    newest = getattr(function, "newest_wins", False)
    line = next(
        (i for i, one in enumerate(outputs) if str(one.elem_id or "").endswith("status")), None
    )

    def waiting(text: str) -> Any:
        said = [gr.skip()] * len(outputs)
        if line is not None:
            said[line] = status(text)
        return said if len(said) > 1 else said[0]

    async def steps(request: gr.Request, *args: Any) -> AsyncIterator[Any]:
        visitor = None if place is None else args[place]
        client, session = service.caller(gradio_internals.scope_of(request), visitor)
        number = visitor.visit.reading if newest and visitor is not None else None
        try:
            async with service.job(client, session, lane) as job:
                work = function(*args)
                try:
                    async for before in job.wait(lambda: _is_passed(visitor, number)):
                        yield waiting(f"Busy, {before} before you…")
                    if _is_passed(visitor, number):
                        yield waiting("")
                        return
                    while True:
                        async for before in job.wait():
                            yield waiting(f"Busy, {before} before you…")
                        value = await threads.run(next, work, END)
                        if value is END or not job.is_heard:
                            return
                        job.give_way()
                        yield value
                finally:
                    await _closed(work, threads)
        except (EditorError, gr.Error) as error:
            raise as_refusal(error, function, visitor) from None

    return steps


def _is_passed(visitor: Visitor | None, number: int | None) -> bool:
    """Return whether the visit has begun to read something else than the job of a number."""
    return visitor is not None and number is not None and visitor.visit.reading != number


async def _closed(job: Any, threads: Threads) -> None:
    with anyio.CancelScope(shield=True), suppress(Exception):
        await threads.run(job.close)

"""Serves the page: the gateway, the server around it, a link, and what is said at the start."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import uvicorn
from fastapi import FastAPI

from editor.domains import Domains
from editor.media.opening import limit_jpegs
from editor.runtime import return_memory
from editor.ui import gradio_internals
from editor.ui.address import Address
from editor.ui.admission import Admission
from editor.ui.clients import Clients
from editor.ui.gateway import Gateway
from editor.ui.limits import MB, Limits, chosen_limits
from editor.ui.logins import Logins
from editor.ui.page import build_ui, launch_options
from editor.ui.quotas import Quotas
from editor.ui.rates import Sparse
from editor.ui.service import Service
from editor.ui.visit_files import VisitFiles

CLEAN_S = 5.0
TRIM_EVERY = 6  # cleanings
MAX_CONNECTIONS = 1000
STOP_S = 3
# SIGHUP: the terminal is closed; SIGBREAK: Ctrl+Break on Windows
END_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
ENDS = [getattr(signal, name) for name in END_NAMES if hasattr(signal, name)]
STRANGERS = ("editor.ui.gateway", "editor.ui.gradio_internals")  # loggers of what strangers cause
log = logging.getLogger(__name__)


def make_app(
    library: Domains,
    start: str,
    address: Address,
    port: int,
    service: Service,
    logins: Logins | None = None,
) -> Gateway:
    """Make the page an ASGI application, behind its gateway.

    Args:
        library: the domains.
        start: name of the first.
        address: where it is served.
        port: on which it listens.
        service: what the visitors share.
        logins: who may use it; None lets everybody.

    Raises:
        PackError: the first domain cannot be opened.
        OptionError: a trusted proxy is no address.
    """
    clients = Clients(port, address.trusted, tunnel=address.share)
    page = build_ui(library, start, address.shared, service)
    options = launch_options() | {"max_file_size": service.limits.max_upload_mb * 2**20}
    app = gradio_internals.mount(
        page,
        service.files.root,
        lifespan=_kept_clean(page, service),
        auth=logins,
        root_path=address.root_path or None,
        **options,
    )
    calls = partial(gradio_internals.calls_of, page)
    return Gateway(
        app,
        clients,
        Admission(service.limits, service.pages, service.files, calls),
        address.shared,
        partial(gradio_internals.inputs_of, page),
        secure=address.certfile is not None,
        is_served=partial(gradio_internals.has_server_function, page),
    )


def serve(library: Domains, start: str, args: argparse.Namespace) -> None:
    """Serve the page until it is stopped.

    Args:
        library: the domains.
        start: name of the first.
        args: the parsed options of app.py.

    Raises:
        OptionError: an option cannot be used.
        InputError: the folder of the page's files cannot be made.
        PackError: the first domain cannot be opened.
    """
    address = Address.chosen(args)
    limits = chosen_limits(args, address.shared)
    limit_jpegs(limits.max_photo_mp)
    logins = None if args.auth is None else Logins(args.auth)
    listening = address.listen()
    port = int(listening.getsockname()[1])
    with contextlib.closing(listening), contextlib.closing(_files(args.files, limits)) as files:
        app = make_app(library, start, address, port, Service(limits, files), logins)
        server = _Server(_config(app, address))
        keep_log_short()
        files.start_sweeping()
        for line in said_at_start(address, port, logins is not None):
            print(line, flush=True)
        if address.share:
            print(public_link(port), flush=True)
        _heed_signals(_end)
        server.run(sockets=[listening])


class _Server(uvicorn.Server):
    """Stops in order, however often it is asked to; what comes after it is not disturbed."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at a signal, and at none from then on: the visits' files are deleted next."""
        _heed_signals(self._stop)
        try:
            yield
        finally:
            _ignore_signals()

    def _stop(self, _number: int, _frame: Any) -> None:
        self.should_exit = True


def _end(_number: int, _frame: Any) -> None:
    _ignore_signals()
    sys.exit(0)


def _heed_signals(handler: Any) -> None:
    """Call a handler at the signals that end the page. Leave ignored ones so, as nohup wants."""
    for number in ENDS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _ignore_signals() -> None:
    _heed_signals(signal.SIG_IGN)


def keep_log_short() -> None:
    """Limit how many lines a minute are written of what goes wrong in requests."""
    sparse = Sparse()
    for name in (*STRANGERS, "uvicorn.error"):
        logger = logging.getLogger(name)
        if not any(isinstance(one, Sparse) for one in logger.filters):
            logger.addFilter(sparse)


def said_at_start(address: Address, port: int, logins: bool) -> list[str]:
    """Return what is told where the page starts: its address, and what others can do."""
    lines = [f"The page is served on {address.url(port)}"]
    if address.shared and not logins:
        lines.append(
            "Everybody who reaches this address can use the page: send photos to this machine and let "
            "it work. With --auth FILE they need a password."
        )
    return lines


def public_link(port: int, tunnel: Callable[[int], str] = gradio_internals.open_tunnel) -> str:
    """Return a sentence with the public link, or one that says why there is none."""
    try:
        link = tunnel(port)
    except Exception as error:
        log.debug("no public link", exc_info=error)
        return (
            "No public link could be made: there is no way to the internet, or Gradio's service is "
            "down. The page is served on this machine alone."
        )
    return f"Public link, for a week: {link}"


def _config(app: Gateway, address: Address) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_level="warning",
        proxy_headers=False,  # the gateway reads them, of proxies that are trusted
        server_header=False,
        ws="none",
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=STOP_S,
        ssl_certfile=None if address.certfile is None else str(address.certfile),
        ssl_keyfile=None if address.keyfile is None else str(address.keyfile),
    )


def _files(base: Path | None, limits: Limits) -> VisitFiles:
    return VisitFiles(base, limits.file_hours * 3600, quotas_of(limits))


def quotas_of(limits: Limits) -> Quotas:
    """Return how many files there may be, and of what size."""
    return Quotas(
        limits.quota_visit_mb * MB,
        limits.quota_client_mb * MB,
        limits.quota_mb * MB,
        limits.max_files_visit,
        limits.max_files_client,
        limits.max_files,
    )


def _kept_clean(page: gr.Blocks, service: Service) -> Callable[[FastAPI], Any]:
    """Return a lifespan in which closed pages are forgotten and memory is given back."""

    async def clean() -> None:
        count = 0
        while True:
            await asyncio.sleep(CLEAN_S)
            try:
                for session in service.pages.closed():
                    gradio_internals.forget_session(page, session)
                gradio_internals.forget_values(page)
                service.store.forget_old()
                count += 1
                if count % TRIM_EVERY == 0:
                    await asyncio.to_thread(return_memory)
            except Exception:
                log.exception("cleaning up failed; it is tried again")

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(clean())
        try:
            yield
        finally:
            task.cancel()

    return lifespan

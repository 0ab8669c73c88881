"""Serves the page: the gateway, the server around it, a link, and what is said at the start."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import logging
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import uvicorn
from fastapi import FastAPI

from editor import Domains
from editor.errors import OptionError
from editor.runtime import return_memory
from editor.ui import gradio_internals
from editor.ui.admission import Admission
from editor.ui.clients import Clients
from editor.ui.gateway import HOME_NAMES, Gateway
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
# SIGHUP: the terminal is closed; not on every system
ENDS = [getattr(signal, n) for n in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, n)]
STRANGERS = ("editor.ui.gateway", "editor.ui.gradio_internals")  # loggers of what strangers cause
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Address:
    """Where the page is served, checked.

    Attributes:
        host: name or address to listen on.
        port: 0 takes a free one.
        shared: others reach the page.
        share: a public link is wanted.
        root_path: prefix under which a proxy serves the page; empty for none.
        certfile: for https; None serves http.
        keyfile: its key.
        trusted: proxies whose forwarded headers are believed.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    shared: bool = False
    share: bool = False
    root_path: str = ""
    certfile: Path | None = None
    keyfile: Path | None = None
    trusted: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise OptionError(f"--port {self.port} lies outside 0…65535; 0 takes a free one")
        if self.root_path and not self.root_path.startswith("/"):
            raise OptionError(
                f"--root-path '{self.root_path}' has to begin with /, such as /editor"
            )
        if (self.certfile is None) != (self.keyfile is None):
            raise OptionError("--certfile and --keyfile are given together")
        if self.certfile is not None and self.keyfile is not None:
            try:
                ssl.create_default_context().load_cert_chain(self.certfile, self.keyfile)
            except (OSError, ssl.SSLError) as error:
                raise OptionError(
                    f"{self.certfile} and {self.keyfile} are no certificate with its key: {error}"
                ) from error

    @classmethod
    def chosen(cls, args: argparse.Namespace) -> Address:
        """Of the parsed options.

        Raises:
            OptionError: one cannot be used.
        """
        host = args.host.strip("[]")
        return cls(
            host=host,
            port=args.port,
            shared=args.shared or args.share or not is_home(host),
            share=args.share,
            root_path=args.root_path.rstrip("/"),
            certfile=args.certfile,
            keyfile=args.keyfile,
            trusted=tuple(args.trusted_proxy),
        )

    def listen(self) -> socket.socket:
        """A socket that listens here.

        Raises:
            OptionError: the host is not one of this machine, or the port is taken.
        """
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise OptionError(
                f"--host '{self.host}' is not known here ({error}); use 127.0.0.1, or 0.0.0.0 for "
                f"all addresses of this machine"
            ) from error
        family, kind, protocol, _, address = found[0]
        server = socket.socket(family, kind, protocol)
        try:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(address)
            server.listen(128)
        except OSError as error:
            server.close()
            raise OptionError(
                f"{self.host} port {self.port} cannot be used ({error.strerror or error}); try --port 0 "
                f"or another --host"
            ) from error
        return server

    def url(self, port: int) -> str:
        """The page's address for a browser on this machine."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)
        return f"{'http' if self.certfile is None else 'https'}://{host}:{port}{self.root_path}"


def is_home(host: str) -> bool:
    """Whether an address or name is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() in HOME_NAMES


def make_app(
    library: Domains,
    start: str,
    address: Address,
    port: int,
    service: Service,
    logins: Logins | None = None,
) -> Gateway:
    """The page as an ASGI application, behind its gateway.

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
    """Have a handler called at the end; what nohup wants ignored stays so."""
    for number in ENDS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _ignore_signals() -> None:
    _heed_signals(signal.SIG_IGN)


def keep_log_short() -> None:
    """Write only so many lines a minute of what goes wrong in requests."""
    sparse = Sparse()
    for name in (*STRANGERS, "uvicorn.error"):
        logger = logging.getLogger(name)
        if not any(isinstance(one, Sparse) for one in logger.filters):
            logger.addFilter(sparse)


def said_at_start(address: Address, port: int, logins: bool) -> list[str]:
    """What is told where the page starts: its address, and what others can do."""
    lines = [f"The page is served on {address.url(port)}"]
    if address.shared and not logins:
        lines.append(
            "Everybody who reaches this address can use the page: send photos to this machine and let "
            "it work. With --auth FILE they need a password."
        )
    return lines


def public_link(port: int, tunnel: Callable[[int], str] = gradio_internals.open_tunnel) -> str:
    """A sentence with the public link, or why there is none; the page is served all the same."""
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
    """How many files there may be, and of what size."""
    return Quotas(
        limits.quota_visit_mb * MB,
        limits.quota_client_mb * MB,
        limits.quota_mb * MB,
        limits.max_files_visit,
        limits.max_files_client,
        limits.max_files,
    )


def _kept_clean(page: gr.Blocks, service: Service) -> Callable[[FastAPI], Any]:
    """A lifespan in which closed pages are forgotten and memory is given back."""

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

"""Where the page is served, and whether others reach it there."""

from __future__ import annotations

import argparse
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from editor.errors import OptionError

HOME_NAMES = ("127.0.0.1", "localhost", "::1")


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
        """Make the address from the parsed options.

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
        """Return a socket that listens here.

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
            # on Windows the usual option would let two programs have one port
            kind_of_use = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
            server.setsockopt(socket.SOL_SOCKET, kind_of_use, 1)
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
        """Return the page's address for a browser on this machine."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)
        return f"{'http' if self.certfile is None else 'https'}://{host}:{port}{self.root_path}"


def is_home(host: str) -> bool:
    """Return whether an address or name is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() in HOME_NAMES

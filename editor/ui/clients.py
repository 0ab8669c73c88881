"""Who asks: the visit that a signed cookie names, and the client's address."""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Any

from editor.errors import OptionError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MAX_COOKIES = 3  # of one name that are looked at
LOOPBACK: list[Network] = [ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1")]


@dataclass(frozen=True)
class Client:
    """Who sends a request.

    Attributes:
        visit: id of the visit; empty where no signed cookie came.
        address: IPv4 address, or IPv6 network of 64 bits; empty where all come from one.
    """

    visit: str
    address: str

    @property
    def key(self) -> str:
        """The key by which shares are counted: the address, or the visit where all have one address."""
        return self.address or self.visit


class Clients:
    """Signs visits, and tells clients apart.

    Args:
        port: of the page, for the cookie's name: cookies of other pages of this machine stay.
        trusted: addresses or networks of proxies whose forwarded headers are believed.
        tunnel: visitors come through a tunnel that ends on this machine, all with one address.

    Raises:
        OptionError: a trusted proxy is no address.
    """

    def __init__(self, port: int, trusted: tuple[str, ...] = (), tunnel: bool = False) -> None:
        self.cookie = f"visit-{port}"
        self.tunnel = tunnel
        self._signed = re.compile(
            rf"(?:^|;)\s*{self.cookie}=([0-9a-f]{{32}})\.([0-9a-f]{{64}})\s*(?=;|$)"
        )
        self._secret = secrets.token_bytes(32)
        try:
            self.trusted = [ipaddress.ip_network(one, strict=False) for one in trusted]
        except ValueError as error:
            raise OptionError(
                f"--trusted-proxy takes addresses such as 10.0.0.2 or 10.0.0.0/8 ({error})"
            ) from error

    def of(self, scope: Mapping[str, Any], headers: Mapping[str, str]) -> Client:
        """Return who sends a request of an ASGI scope."""
        return Client(self._visit(headers.get("cookie", "")), self._address(scope, headers))

    def new_visit(self) -> tuple[str, str]:
        """Return the id of a new visit, and the value of its cookie."""
        visit = secrets.token_hex(16)
        return visit, f"{visit}.{self._sign(visit)}"

    def is_forwarded(self, scope: Mapping[str, Any]) -> bool:
        """Return whether to believe what a request says of the host and scheme asked for.

        That is so of proxies that are trusted, and of the tunnel, which ends on this machine.
        """
        address = str((scope.get("client") or ("",))[0])
        return _in(address, self.trusted) or (self.tunnel and _in(address, LOOPBACK))

    def _visit(self, cookies: str) -> str:
        for found in islice(self._signed.finditer(cookies), MAX_COOKIES):
            visit, signature = found.groups()
            if hmac.compare_digest(signature, self._sign(visit)):
                return visit
        return ""

    def _sign(self, visit: str) -> str:
        return hmac.new(self._secret, visit.encode(), sha256).hexdigest()

    def _address(self, scope: Mapping[str, Any], headers: Mapping[str, str]) -> str:
        address = str((scope.get("client") or ("",))[0])
        if _in(address, self.trusted):
            # the last one that no proxy of ours has added
            said = [one.strip() for one in headers.get("x-forwarded-for", "").split(",")]
            for one in reversed([one for one in said if one]):
                address = one
                if not _in(one, self.trusted):
                    break
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return ""
        if found.is_loopback and self.tunnel:
            return ""
        if isinstance(found, ipaddress.IPv6Address):
            if found.ipv4_mapped is not None:
                return str(found.ipv4_mapped)
            return str(ipaddress.ip_network((found, 64), strict=False))
        return str(found)


def _in(address: str, networks: list[Network]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in network for network in networks)

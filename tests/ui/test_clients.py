"""Who asks: signed visits, addresses, proxies."""

from __future__ import annotations

import pytest

from editor.errors import OptionError
from editor.ui.clients import Client, Clients


def _of(clients: Clients, address: str, **headers: str) -> Client:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return clients.of({"client": (address, 1234)}, named)


def test_a_visit_is_signed() -> None:
    clients = Clients(7860)
    visit, value = clients.new_visit()
    assert _of(clients, "1.2.3.4", cookie=f"a=b; visit-7860={value}").visit == visit
    for forged in (visit, f"{visit}.", f"{'0' * 32}.{value.partition('.')[2]}", value + "0", "ü.é"):
        assert _of(clients, "1.2.3.4", cookie=f"visit-7860={forged}").visit == ""
    assert _of(Clients(7860), "1.2.3.4", cookie=f"visit-7860={value}").visit == ""
    assert _of(clients, "1.2.3.4", cookie=f"visit-7861={value}").visit == ""


def test_forwarded_headers_count_only_from_trusted_proxies() -> None:
    said = {"x_forwarded_for": "6.6.6.6, 5.5.5.5, 10.0.0.9"}
    assert _of(Clients(1), "10.0.0.1", **said).address == "10.0.0.1"
    trusting = Clients(1, ("10.0.0.0/8",))
    assert (
        _of(trusting, "10.0.0.1", **said).address == "5.5.5.5"
    )  # what it says before is anybody's
    assert _of(trusting, "7.7.7.7", **said).address == "7.7.7.7"
    assert _of(trusting, "10.0.0.1").address == "10.0.0.1"
    assert _of(trusting, "10.0.0.1", x_forwarded_for="nonsense").address == ""


def test_a_network_of_ipv6_is_one_client() -> None:
    clients = Clients(1)
    first = _of(clients, "2001:db8:1:2::1")
    assert first.address == _of(clients, "2001:db8:1:2:ffff::9").address
    assert first.address != _of(clients, "2001:db8:1:3::1").address
    assert _of(clients, "::ffff:1.2.3.4").address == "1.2.3.4"


def test_through_a_tunnel_visits_are_the_clients() -> None:
    clients = Clients(1, tunnel=True)
    visit, value = clients.new_visit()
    client = _of(clients, "127.0.0.1", cookie=f"visit-1={value}")
    assert (client.address, client.key) == ("", visit)
    assert _of(clients, "192.168.0.7").key == "192.168.0.7"


def test_a_proxy_that_is_no_address() -> None:
    with pytest.raises(OptionError, match="--trusted-proxy takes addresses"):
        Clients(1, ("proxy.local",))

"""Pieces of ASGI: answers, headers that browsers obey, bodies that are sent on."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CSP = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",  # Gradio builds templates in place
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
SECURITY = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), geolocation=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class Refused(Exception):
    """A request that goes no further: status and what to say."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def query(scope: Scope) -> dict[str, str]:
    """Parse what follows the ? of an address."""
    return dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))


def with_headers(send: Send, more: list[tuple[bytes, bytes]]) -> Send:
    """Add the headers that browsers obey, and more, to an answer."""

    async def call(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = {name.lower() for name, _ in message.get("headers", [])}
            extra = [pair for pair in SECURITY if pair[0] not in given]
            message = {**message, "headers": [*message.get("headers", []), *extra, *more]}
        await send(message)

    return call


async def say(send: Send, status: int, text: str, plain: bool = False) -> None:
    """Answer by a sentence: in JSON as Gradio's own errors, or as plain text, as its uploads."""
    body = text.encode() if plain else json.dumps({"detail": text}).encode()
    kind = b"text/plain; charset=utf-8" if plain else b"application/json"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def short(error: BaseException) -> str:
    """Turn an error into a short line of a log, whatever a stranger wrote into it."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def told(send: Send, is_full: Callable[[], bool]) -> Send:
    """Replace the answer to an upload that failed. Say whether the disk was full."""
    failed = False

    async def call(message: Message) -> None:
        nonlocal failed
        if message["type"] == "http.response.start" and message["status"] == 500:
            failed = True
            if is_full():
                await say(send, 507, "the disk of this page is full; tell its owner", plain=True)
            else:
                await say(send, 400, "the file did not come whole; give it again", plain=True)
        if not failed:
            await send(message)

    return call


def replayed(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read once more, and then what comes after it."""
    sent = False

    async def call() -> Message:
        nonlocal sent
        if not sent:
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return call


def of_length(scope: Scope, length: int) -> Scope:
    """Return the same request with another length of its body."""
    kept = [pair for pair in scope["headers"] if pair[0].lower() != b"content-length"]
    return {**scope, "headers": [*kept, (b"content-length", str(length).encode())]}

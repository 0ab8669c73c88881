"""A client that is no browser: it calls the page's functions as a stranger would, by plain HTTP."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import httpx

API = "/gradio_api"


class Stranger:
    """One visit, with one page at first.

    Args:
        url: of the page.
        options: of the HTTP client.
    """

    clients: ClassVar[list[httpx.Client]] = []  # closed after each test

    def __init__(self, url: str, **options: Any) -> None:
        self.http = self.client(url, **options)
        self.session = uuid.uuid4().hex[:12]
        self.http.get("/").raise_for_status()
        self.config = self.http.get("/config").json()
        self.names = {
            item["id"]: item.get("props", {}).get("elem_id") for item in self.config["components"]
        }
        self.values = {
            item["id"]: item.get("props", {}).get("value") for item in self.config["components"]
        }

    @classmethod
    def client(cls, url: str, **options: Any) -> httpx.Client:
        """An HTTP client, which is closed after the test."""
        cls.clients.append(httpx.Client(base_url=url, timeout=120, trust_env=False, **options))
        return cls.clients[-1]

    def another_page(self) -> Stranger:
        """A second page of the same visit."""
        other = object.__new__(Stranger)
        other.__dict__.update(self.__dict__, session=uuid.uuid4().hex[:12])
        return other

    def function(self, name: str, event: str) -> dict[str, Any]:
        """What an event of a component asks for: the last of what follows it whatever happens.

        So of the reading of a photo, before which the job before it is ended.
        """
        functions = [item for item in self.config["dependencies"] if item["backend_fn"]]
        for item in functions:
            targets = [[self.names.get(i), e] for i, e in item["targets"]]
            if [name, event] in targets:
                after = [one for one in functions if one["trigger_after"] == item["id"]]
                always = [one for one in after if one["targets"][0][1] == "then"]
                return item if item["outputs"] or not always else always[0]
        raise AssertionError(f"nothing happens at {event} of {name}")

    def data(self, function: dict[str, Any], **given: Any) -> list[Any]:
        """The inputs of a function: what is given by the names of components, else as at first."""
        return [given.get(str(self.names.get(i)), self.values.get(i)) for i in function["inputs"]]

    def join(self, name: str, event: str, **given: Any) -> httpx.Response:
        """Ask for a call."""
        return self.ask(self.function(name, event), **given)

    def ask(self, function: dict[str, Any], **given: Any) -> httpx.Response:
        """Ask for a call of a function."""
        body = {
            "fn_index": function["id"],
            "session_hash": self.session,
            "data": self.data(function, **given),
            "trigger_id": None,
            "event_data": None,
        }
        headers = {"content-type": "application/json"}
        return self.http.post(f"{API}/queue/join", content=json.dumps(body), headers=headers)

    def call(self, name: str, event: str, **given: Any) -> dict[str, Any]:
        """Ask for a call and wait for its end: the last message, with "status" of the asking."""
        return self.run(self.function(name, event), **given)

    def run(self, function: dict[str, Any], **given: Any) -> dict[str, Any]:
        """As `call`, by the function."""
        answer = self.ask(function, **given)
        if answer.status_code != 200:
            return {"status": answer.status_code, "success": False, "output": answer.json()}
        last = {}
        for message in self.listen():
            if message["msg"] in ("process_completed", "unexpected_error"):
                last = message
                break
        return {"status": 200, **last}

    def server_call(
        self,
        name: str,
        function: str,
        data: object,
        body: dict[str, Any] | None = None,
        **options: Any,
    ) -> httpx.Response:
        """Call a component's function on the server, with other values in the body or options."""
        ids = {elem_id: number for number, elem_id in self.names.items()}
        call = {
            "data": data,
            "component_id": ids[name],
            "fn_name": function,
            "session_hash": self.session,
        }
        content = json.dumps(call | (body or {}))
        headers = {"content-type": "application/json"} | options.pop("headers", {})
        where = f"{API}/component_server/"
        return self.http.post(where, content=content, headers=headers, **options)

    def live(self, *moves: dict[str, Any], **changed: Any) -> dict[str, Any]:
        """Pictures of a slider that is dragged."""
        asked = {"visit": "", "picture": "p1", "moves": list(moves), "turn": 1} | changed
        answer = self.server_call("stage", "live", asked)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def listen(self) -> Iterator[dict[str, Any]]:
        """The messages of this page."""
        where = f"{API}/queue/data?session_hash={self.session}"
        with self.http.stream("GET", where) as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    yield json.loads(line[6:])

    @contextmanager
    def reading(self) -> Iterator[list[dict[str, Any]]]:
        """Read messages in a thread for the length of a `with`."""
        found: list[dict[str, Any]] = []
        stop = threading.Event()

        def work() -> None:
            while not stop.is_set():
                try:
                    for message in self.listen():
                        found.append(message)
                        if stop.is_set():
                            return
                except httpx.HTTPError:
                    stop.wait(0.2)

        threading.Thread(target=work, daemon=True).start()
        try:
            yield found
        finally:
            stop.set()

    def upload(self, name: str, data: bytes) -> httpx.Response:
        """Give a file."""
        return self.http.post(f"{API}/upload", files={"files": (name, data)})

    def given(self, name: str, data: bytes) -> dict[str, Any]:
        """A file that was given, as a component's value."""
        answer = self.upload(name, data)
        answer.raise_for_status()
        return {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}


def error_of(message: dict[str, Any]) -> str:
    """What a call that failed says."""
    output = message.get("output") or {}
    return str(output.get("error") or output.get("detail") or message.get("message") or "")

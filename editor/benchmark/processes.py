"""Fresh processes: started, timed, asked, and ended whatever happens."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from time import perf_counter, sleep
from typing import IO, Any

from editor.errors import EditorError
from editor.packs.info import PROJECT

PAGE_LIMIT_S = 300.0
POLL_S = 0.02
END_S = 5.0


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """Start a Python process in the project's folder. End it when the block is left.

    It has a session of its own: Ctrl-C reaches the caller alone, who ends it.

    Yields:
        The process, with pipes to and from it, and the file of what it complains of.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as complaints:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            encoding="utf-8",
            start_new_session=True,
        )
        try:
            yield process, complaints
        finally:
            process.terminate()
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    assert pipe is not None
                    pipe.close()


def time_python(code: str) -> float:
    """Return the seconds from the start of `python -c CODE` to its end.

    Raises:
        EditorError: it failed.
    """
    begun = perf_counter()
    with started("-c", code) as (process, complaints):
        assert process.stdin is not None
        process.stdin.close()
        status = process.wait()
        elapsed = perf_counter() - begun
        if status != 0:
            raise EditorError(_ending(process, complaints))
    return elapsed


def time_page(domain: str, device: str, root: Path | None) -> float:
    """Return the seconds from the start of `python app.py` until its page answers on 127.0.0.1.

    Args:
        domain: that it begins with.
        device: "auto", "cpu", "cuda", "mps".
        root: folder with other checkpoints/ and boundaries/.

    Raises:
        EditorError: it ended, or did not answer within five minutes.
    """
    port = _free_port()
    arguments = ["app.py", "--domain", domain, "--device", device, "--port", str(port)]
    if root is not None:
        arguments += ["--root", str(root.resolve())]
    begun = perf_counter()
    with started(*arguments) as (process, complaints):
        while not _answers(port):
            if process.poll() is not None:
                raise EditorError(_ending(process, complaints))
            if perf_counter() - begun > PAGE_LIMIT_S:
                raise EditorError(f"the page did not answer within {PAGE_LIMIT_S:.0f} s")
            sleep(POLL_S)
        return perf_counter() - begun


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PAGE_LIMIT_S)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Worker:
    """A process that holds an open editor and measures what it is asked to."""

    def __init__(self, process: subprocess.Popen[str], complaints: IO[str]) -> None:
        self.process = process
        self.complaints = complaints

    def send(self, do: str, **values: Any) -> None:
        """Send a request. `receive` returns its answer."""
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # `receive` says why
            self.process.stdin.write(json.dumps({"do": do, **values}) + "\n")
            self.process.stdin.flush()

    def receive(self) -> Any:
        """Wait for the answer, and return it.

        Raises:
            EditorError: the work failed, or the process ended.
        """
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise EditorError(_ending(self.process, self.complaints))
        said = json.loads(line)
        if "error" in said:
            raise EditorError(said["error"])
        return said["found"]

    def ask(self, do: str, **values: Any) -> Any:
        """Send a request, and wait for its answer.

        Raises:
            EditorError: the work failed, or the process ended.
        """
        self.send(do, **values)
        return self.receive()


def _ending(process: subprocess.Popen[str], complaints: IO[str]) -> str:
    status = process.returncode
    how = f"with status {status}"
    if status is not None and status < 0:
        name = signal.Signals(-status).name
        how = f"by {name}" + (", probably for want of memory" if name == "SIGKILL" else "")
    complaints.seek(0)
    last = [line.strip() for line in complaints.read().splitlines() if line.strip()][-1:]
    return f"a process ended {how}" + (f": {last[0]}" if last else "")


@contextmanager
def workers(count: int, **domain: Any) -> Iterator[list[Worker]]:
    """Start several processes that have opened the same domain, each on its own.

    Args:
        count: of processes.
        domain: what `Child.do_open` takes.

    Raises:
        EditorError: one could not open it.
    """
    with ExitStack() as stack:
        found = [
            Worker(*stack.enter_context(started("-m", "editor.benchmark.child")))
            for _ in range(count)
        ]
        ask_all(found, "open", **domain)
        yield found


def ask_all(some: list[Worker], do: str, **values: Any) -> list[Any]:
    """Send a request to all workers at once, and wait for all answers.

    Raises:
        EditorError: the work failed in one of them.
    """
    for worker in some:
        worker.send(do, **values)
    return [worker.receive() for worker in some]


@contextmanager
def ending_interrupts() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into a KeyboardInterrupt, so that no process is left."""
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, signal.default_int_handler) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

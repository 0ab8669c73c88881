"""Reads files in processes of limited memory and CPU time: what a bomb costs, and how it ends.

As a program it takes lines (reader, path) and answers each by a line of JSON. Each file is read by a fork of it,
which is where the limits hold; torch is imported once.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MB = 2**20
MEMORY_MB, CPU_S = 1024, 20
ROOT = Path(__file__).parents[2]


class Limited:
    """Asks the program for files."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def read(self, reader: str, path: Path) -> dict[str, Any]:
        """Read a file. Return how it ended ("refused", "read" or what broke), with words, CPU s and MB."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(json.dumps([reader, str(path)]), file=self.process.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


@contextmanager
def limited() -> Iterator[Limited]:
    """Run the program as long as a `with` lasts."""
    command = [sys.executable, "-m", "tests.packs.limited"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        yield Limited(process)


def _size_mb(field: str) -> float:
    status = Path("/proc/self/status").read_text().split(f"{field}:")[1]
    return int(status.split()[0]) / 1024


def _readers() -> dict[str, Any]:
    from editor.editing.code_file import is_own_code
    from editor.editing.foreign_codes import read_foreign_codes
    from editor.errors import WeightsError
    from editor.packs.convert.foreign_arrays import read_foreign
    from editor.packs.convert.persistent import read_network
    from editor.packs.convert.restricted import read_checkpoint
    from editor.sliders.foreign_directions import directions_of

    def own(path: Path) -> None:
        if is_own_code(path):
            raise WeightsError("to be read by read_code, which refuses it")

    return {
        "arrays": read_foreign,
        "directions": lambda path: directions_of(read_foreign(path), "x", "tiny", 6, 8),
        "codes": lambda path: read_foreign_codes(path, "tiny", 18, 512, 50),
        "own": own,
        "checkpoint": read_checkpoint,
        "network": read_network,
    }


def _limited(read: Any, path: Path) -> dict[str, Any]:
    from editor.errors import EditorError

    before = _size_mb("VmSize")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins here
    resident = _size_mb("VmHWM")
    used = resource.getrusage(resource.RUSAGE_SELF)
    began = used.ru_utime + used.ru_stime
    most = int((before + MEMORY_MB) * MB)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (int(began) + CPU_S, int(began) + CPU_S))
    try:
        read(path)
        ended, said = "read", ""
    except EditorError as error:
        ended, said = "refused", str(error)
    except BaseException as error:
        ended, said = type(error).__name__, str(error)
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = used.ru_utime + used.ru_stime - began
    return {"ended": ended, "said": said[:2000], "s": seconds, "mb": _size_mb("VmHWM") - resident}


def _forked(read: Any, path: Path) -> dict[str, Any]:
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        answer = _limited(read, path)
        os.write(theirs, json.dumps(answer).encode())
        os._exit(0)
    os.close(theirs)
    _, status = os.waitpid(child, 0)
    with os.fdopen(ours, "rb") as pipe:
        said = pipe.read()
    return json.loads(said) if said else {"ended": f"killed, {status}", "said": ""}


def main() -> None:
    """Answer each line."""
    readers = _readers()
    for line in sys.stdin:
        name, path = json.loads(line)
        print(json.dumps(_forked(readers[name], Path(path))), flush=True)


if __name__ == "__main__":
    main()

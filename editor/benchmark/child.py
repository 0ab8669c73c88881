"""The process that is measured: `python -m editor.benchmark.child`.

It reads one JSON request a line and answers one a line; it ends when nobody can ask any more.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from editor.session import Editor

Request = dict[str, Any]


class Child:
    """What a process does when it is asked; "open" comes first."""

    def __init__(self) -> None:
        self.editor: Editor | None = None
        self.call: Any = None

    def answer(self, request: Request) -> Any:
        """Call the method that "do" of a request names, with the other values as arguments."""
        values = {key: value for key, value in request.items() if key != "do"}
        return getattr(self, f"do_{request['do']}")(**values)

    def do_open(
        self, domain: str, device: str, checkpoints: str, boundaries: str, threads: int
    ) -> None:
        """Open a domain. Import nothing for it that a user would not need."""
        from editor.runtime import use_threads
        from editor.session import Editor

        use_threads(threads)
        self.editor = Editor.open(domain, device, Path(checkpoints), Path(boundaries))

    def do_facts(self) -> Any:
        """Return what the figures are of."""
        from editor.benchmark.work import facts

        return facts(self._open)

    def do_memory(self, seed: int) -> Any:
        """Measure the peaks of memory."""
        from editor.benchmark.work import memory

        return memory(self._open, seed)

    def do_inversion(self, count: int, seed: int, source: str | None, steps: int | None) -> Any:
        """Measure inversions of pictures."""
        from editor.benchmark.work import inversion, photos

        given = photos(self._open, count, seed, None if source is None else Path(source))
        return inversion(self._open, given, steps)

    def do_slider(self, moves: int, seed: int) -> Any:
        """Measure steps of a slider."""
        from editor.benchmark.work import slider

        return slider(self._open, moves, seed)

    def do_prepare(self, work: str, batch: int, seed: int) -> None:
        """Prepare for windows of one work and batch size."""
        from editor.benchmark.work import prepare
        from editor.runtime import return_memory

        self.call = None
        return_memory()
        self.call = prepare(self._open, work, batch, seed)

    def do_window(self, least_s: float) -> Any:
        """Return the calls and seconds of one window."""
        from editor.benchmark.work import window

        return window(self._open, self.call, least_s)

    @property
    def _open(self) -> Editor:
        assert self.editor is not None
        return self.editor


def main() -> int:
    """Answer requests until the input ends."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    with suppress(OSError):  # when memory runs out, this process is to end, not a neighbour
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    child = Child()
    for line in sys.stdin:
        try:
            said = {"found": child.answer(json.loads(line))}
        except Exception as error:
            said = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(said), file=answers, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

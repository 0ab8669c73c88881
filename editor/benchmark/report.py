"""The result of a benchmark as Markdown, and its place in a README."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from editor.errors import OptionError
from editor.files import write_whole

BEGIN, END = b"<!-- bench:begin -->", b"<!-- bench:end -->"
Result = dict[str, Any]
Show = Callable[[Any], str]


def spread(figure: Any) -> str:
    """Return a figure's median with its quartiles."""
    return f"{_short(figure['median'])} ({_short(figure['low'])}–{_short(figure['high'])})"


def with_p95(figure: Any) -> str:
    """Return a figure's median with its 95th percentile."""
    return f"{_short(figure['median'])}, p95 {_short(figure['p95'])}"


ROWS: tuple[tuple[str, tuple[str, ...], Show], ...] = (
    ("domain open in a fresh process, s", ("start", "open"), spread),
    ("page answers, s", ("start", "page"), spread),
    ("peak memory, domain open, MB", ("memory", "opened", "rss"), spread),
    ("… after a slider's move, MB", ("memory", "moved", "rss"), spread),
    ("… after an inversion, MB", ("memory", "inverted", "rss"), spread),
    ("GPU memory of a slider's move, MB", ("memory", "moved", "gpu"), spread),
    ("GPU memory of an inversion, MB", ("memory", "inverted", "gpu"), spread),
    ("encoder, ms", ("inversion", "encoder"), spread),
    ("inversion: steps a second", ("inversion", "steps_per_s"), spread),
    ("… s to 90% of the gain", ("inversion", "to_90"), spread),
    ("… s to 99% of the gain", ("inversion", "to_99"), spread),
    ("… s in all", ("inversion", "total"), spread),
    ("slider's step to 8-bit picture, ms", ("slider",), with_p95),
)


def table(result: Result) -> str:
    """Return a heading line, a table of one column a pack, one of throughput, and notes.

    Raises:
        OptionError: the result is not one of this benchmark.
    """
    try:
        parts = [_heading(result), _main(result["packs"]), _throughput(result["packs"])]
        return "\n\n".join(part for part in (*parts, _notes(result)) if part)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise OptionError(
            f"this is no result of the benchmark ({error!r}); make one with --out"
        ) from error


def _heading(result: Result) -> str:
    devices = [pack["facts"]["device"] for pack in result["packs"] if pack["facts"]]
    start = result["start"]
    text = (
        f"{devices[0] if devices else 'no figure'}; {result['cpu']}, {result['cores']} cores; "
        f"Python {result['python']}, torch {result['torch']}; seed {result['seed']}; "
        f"{result['date'][:10]}. Medians, quartiles in brackets."
    )
    if start:
        text += (
            f" A Python process starts in {_short(start['python']['median'])} s, with `import "
            f"editor` in {_short(start['import']['median'])} s."
        )
    return text


def _main(packs: list[Result]) -> str:
    titles = [f"{pack['name']}, {pack['resolution']}²" for pack in packs]
    lines = [_line(["", *titles]), _line(["---"] * (len(packs) + 1))]
    for title, path, show in ROWS:
        cells = [_cell(pack, path, show) for pack in packs]
        if any(cells):
            lines.append(_line([title, *(cell or "–" for cell in cells)]))
    return "\n".join(lines)


def _cell(pack: Result, path: tuple[str, ...], show: Show) -> str:
    value: Any = pack
    for key in path:
        value = value.get(key)
        if value is None:
            return "failed" if path[0] in pack["errors"] else ""
    return show(value)


def _throughput(packs: list[Result]) -> str:
    cases = [(pack["name"], case) for pack in packs for case in pack.get("throughput", [])]
    if not cases:
        return ""
    batches = sorted({case["batch"] for _, case in cases})
    rows: dict[tuple[str, str, int, int], dict[int, str]] = {}
    for name, case in cases:
        key = (name, case["work"], case["processes"], case["threads"])
        said = _short(case["images_per_s"]["median"]) if "images_per_s" in case else "failed"
        rows.setdefault(key, {})[case["batch"]] = said
    lines = [
        _line(["images a second at a batch of", "processes × threads", *map(str, batches)]),
        _line(["---"] * (len(batches) + 2)),
    ]
    for (name, work, processes, threads), row in rows.items():
        what = f"{name}, one step of inversion" if work == "inversion" else f"{name}, {work}"
        cells = [row.get(batch, "–") for batch in batches]
        lines.append(_line([what, f"{processes} × {threads}", *cells]))
    return "\n".join(lines)


def _notes(result: Result) -> str:
    notes = []
    if any(pack["weights"] == "random" for pack in result["packs"]):
        notes.append(
            "Packs named random… hold random weights: how long a step takes is that of a trained "
            "pack, how many steps the gain takes is not."
        )
    for pack in result["packs"]:
        notes += [f"{pack['name']}, {what}: {text}" for what, text in pack["errors"].items()]
        for case in pack.get("throughput", []):
            if "error" in case:
                what = f"{case['work']}, {case['processes']} × batch {case['batch']}"
                notes.append(f"{pack['name']}, {what}: {case['error']}")
    return "\n\n".join(note.replace("\n", " ") for note in notes)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _short(value: float) -> str:
    """Format a number with three significant digits, or with all digits of its whole part."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:#.3g}".rstrip(".")


def check_readme(path: Path) -> bytes:
    """Read a file that has a place for the table.

    Raises:
        OptionError: it cannot be read, or the two markers are not there once each and in order.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise OptionError(f"{path} cannot be read: {error}") from error
    if data.count(BEGIN) != 1 or data.count(END) != 1 or data.index(BEGIN) > data.index(END):
        raise OptionError(
            f"{path} has no place for the table: expected {BEGIN.decode()} and, below it, "
            f"{END.decode()}, once each. Put both lines where the table is to stand"
        )
    return data


def write_readme(path: Path, text: str) -> None:
    """Put a text between the markers of a file. Leave every other byte as it is.

    Raises:
        OptionError: as `check_readme`.
        OSError: it cannot be written; it then is as it was.
    """
    data = check_readme(path)
    head, tail = data[: data.index(BEGIN) + len(BEGIN)], data[data.index(END) :]
    write_whole(path, head + b"\n" + text.strip().encode("utf-8") + b"\n" + tail)

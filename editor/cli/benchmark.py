"""`benchmark`: start-up, memory, inversion, slider and throughput, as JSON and Markdown."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from editor.cli.options import Sub, add_command, add_root

MAX_RESULT_BYTES = 16 * 2**20
BUSY = 0.3  # of the cores: above this load other work spoils the figures


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "benchmark",
        run,
        "Measure start-up, memory, inversion, slider and throughput, each in fresh processes.",
    )
    parser.add_argument("--out", type=Path, help="JSON file with all figures and their repeats")
    parser.add_argument("--readme", type=Path, help="file to put the table in, between its markers")
    parser.add_argument(
        "--from",
        type=Path,
        nargs="+",
        dest="sources",
        metavar="JSON",
        help="measure nothing: tables of what --out wrote before, such as on CPU and GPU",
    )
    parser.add_argument("--quick", action="store_true", help="a small version, in seconds")
    parser.add_argument("--photos", type=Path, help="zip or folder, aligned; else generated ones")
    add_root(parser)
    _add_options(parser)


def _add_options(parser: argparse.ArgumentParser) -> None:
    """Add the fields of `BenchmarkOptions`. Suppress their defaults, which that class or --quick sets."""

    def option(flag: str, text: str, **more: Any) -> None:
        parser.add_argument(flag, default=argparse.SUPPRESS, help=text, **more)

    numbers: dict[str, Any] = {"type": int, "nargs": "+", "metavar": "N"}
    option("--sizes", "px, of packs with random weights: 64 128 256, unless --domain", **numbers)
    option("--domain", "installed packs", nargs="+", dest="domains", metavar="NAME")
    option("--device", "auto, cpu, cuda or mps")
    option("--threads", "CPU threads, of all processes together", type=int)
    option("--seed", "of weights, pictures and codes", type=int)
    option(
        "--measure", "parts: start memory inversion slider throughput", nargs="+", dest="sections"
    )
    option("--repeats", "of each start and window", type=int)
    option("--count", "pictures to invert", type=int)
    option("--steps", "most updates of an inversion; else as the pack says", type=int)
    option("--moves", "of a slider", type=int)
    option("--batches", "sizes of a batch, for throughput", **numbers)
    option("--processes", "how many at once, for throughput", **numbers)
    option("--window-s", "least length of a window of throughput", type=float)


def run(args: argparse.Namespace) -> None:
    """Run the command."""
    from dataclasses import fields, replace

    from editor.benchmark.options import QUICK, BenchmarkOptions
    from editor.benchmark.report import check_readme, table, write_readme
    from editor.errors import OptionError

    given: dict[str, Any] = {
        field.name: tuple(value) if isinstance(value, list) else value
        for field in fields(BenchmarkOptions)
        if (value := getattr(args, field.name, None)) is not None
    }
    if "domains" in given:
        given.setdefault("sizes", ())
    options = replace(QUICK if args.quick else BenchmarkOptions(), **given)
    if args.readme is not None:
        check_readme(args.readme)  # before the hours, not after
    if args.out is not None and args.out.is_dir():
        raise OptionError(f"{args.out} is a folder; give the name of a file in it")
    results = _read(args.sources) if args.sources else [_measure(args, options)]
    text = "\n\n".join(map(table, results))
    print(text)
    if args.readme is not None:
        write_readme(args.readme, text)


def _read(sources: list[Path]) -> list[dict[str, Any]]:
    import json

    from editor.errors import OptionError
    from editor.files import read_regular

    results = []
    for path in sources:
        try:
            results.append(json.loads(read_regular(path, MAX_RESULT_BYTES, OptionError)))
        except (OptionError, ValueError, RecursionError) as error:
            raise OptionError(f"{path} is no result of the benchmark: {error}") from error
    return results


def _measure(args: argparse.Namespace, options: Any) -> dict[str, Any]:
    """Measure with a progress bar. Write the JSON where --out names a file."""
    import json
    import sys

    from tqdm import tqdm

    from editor.benchmark.processes import ending_interrupts
    from editor.benchmark.run import benchmark
    from editor.files import write_whole
    from editor.packs.info import PROJECT

    with ending_interrupts(), tqdm(unit="part") as bar:

        def progress(done: int, total: int, what: str) -> None:
            bar.total = total
            bar.update(done - bar.n)
            bar.set_postfix_str(what)

        result = benchmark(options, args.root or PROJECT, args.photos, progress)
    load = result["load_before"]
    if load is not None and load > BUSY * result["cores"]:
        print(
            f"warning: the machine was busy before (load {load:.1f} on {result['cores']} cores): "
            f"do not trust these figures",
            file=sys.stderr,
        )
    if args.out is not None:
        write_whole(args.out, (json.dumps(result, indent=1) + "\n").encode("utf-8"))
    return result

"""`measure-response`: how much of a slider's visible effect is there at a distance."""

from __future__ import annotations

import argparse

from editor.cli.options import Sub, add_command, add_domain, chosen_folders, open_editor


def add(commands: Sub) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        "measure-response",
        run,
        "Measure by what steps each slider of a domain changes pictures, and write it into the "
        "slider's file; all else in the file stays. The page's scale of -100 to 100 follows it.",
    )
    add_domain(parser)
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="measure these sliders alone"
    )


def run(args: argparse.Namespace) -> int:
    """Run the command."""
    import sys

    from editor.errors import WeightsError
    from editor.files import read_regular, write_whole
    from editor.sliders.boundary_file import MAX_BYTES, with_response
    from editor.sliders.exchange import import_slider
    from editor.sliders.response import measured
    from editor.sliders.scale import SliderScale

    editor = open_editor(args)
    editor.sliders.named(args.only)
    failed = 0
    for path in sorted((chosen_folders(args)[1] / args.domain).glob("*.safetensors")):
        try:
            old = read_regular(path, MAX_BYTES, WeightsError)
            slider = import_slider(editor.engine, old)
        except WeightsError as error:
            print(f"error: {path.name}: {error}", file=sys.stderr)
            failed = 1
            continue
        if args.only and slider.info.name not in args.only:
            continue
        info = measured(editor.engine, slider).info
        new = with_response(old, info.response)
        if new != old:
            write_whole(path, new)
        scale, (low, high) = SliderScale.of(info), info.range
        places = ", ".join(f"{at:+d} at {scale.distance(at):+.2f}" for at in (-150, -50, 50, 150))
        said = "as it was" if new == old else "written"
        print(f"{info.name:12s} range {low:+.2f} to {high:+.2f}: {places} ({said})")
    return failed

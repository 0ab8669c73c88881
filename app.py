"""The browser app: `python app.py`, then open http://127.0.0.1:7860."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

LOCAL = ("127.0.0.1", "localhost", "::1")


def main(argv: list[str] | None = None) -> int:
    """Parse the options, open the first domain, serve the page; returns the exit status."""
    parser = argparse.ArgumentParser(description="In-domain GAN inversion in the browser.")
    parser.add_argument("--domain", help="domain pack to begin with")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--root", type=Path, help="folder with other checkpoints/ and boundaries/")
    parser.add_argument("--host", default="127.0.0.1", help="address to serve on")
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument(
        "--share", action="store_true", help="a public Gradio link: anyone may use it"
    )
    args = parser.parse_args(argv)

    from editor import Library
    from editor.errors import EditorError
    from editor.ui.build import build_ui, launch_options

    shared = args.share or args.host not in LOCAL
    try:
        library = Library.at(args.root, args.device)
        page = build_ui(library, args.domain or library.first, shared)
    except EditorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    try:
        page.launch(
            server_name=args.host, server_port=args.port, share=args.share, **launch_options()
        )
    except OSError as error:
        print(f"error: port {args.port} cannot be used ({error}); try --port", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

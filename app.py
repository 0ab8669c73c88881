"""The browser app: `python app.py`, then open http://127.0.0.1:7860."""

from __future__ import annotations

import argparse
import sys

LOCAL = ("127.0.0.1", "localhost", "::1")


def main(argv: list[str] | None = None) -> int:
    """Parse the options, open the domain, serve the page; returns the exit status."""
    parser = argparse.ArgumentParser(description="In-domain GAN inversion in the browser.")
    parser.add_argument("--domain", default="faces64", help="name of the domain pack")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--host", default="127.0.0.1", help="address to serve on")
    parser.add_argument("--port", type=int, default=7860)
    parser.add_argument(
        "--share", action="store_true", help="a public Gradio link: anyone may use it"
    )
    args = parser.parse_args(argv)

    from editor import Editor
    from editor.errors import EditorError
    from editor.ui.build import build_ui, launch_options

    try:
        editor = Editor.open(args.domain, args.device)
    except EditorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    page = build_ui(editor, shared=args.share or args.host not in LOCAL)
    try:
        page.launch(
            server_name=args.host, server_port=args.port, share=args.share, **launch_options(editor)
        )
    except OSError as error:
        print(f"error: port {args.port} cannot be used ({error}); try --port", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

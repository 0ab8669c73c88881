"""The browser app: `python app.py`, then open http://127.0.0.1:7860."""

from __future__ import annotations

import sys


def main(argv: list[str] | None = None) -> int:
    """Serve the page, if this Python can. Return the exit status."""
    from editor.prerequisites import start

    return start(lambda: run(argv))


def run(argv: list[str] | None = None) -> int:
    """Parse the options, open the first domain and serve the page. Return the exit status."""
    from editor.errors import EditorError
    from editor.ui.environment import hide_socks_proxies
    from editor.ui.start_options import add_user_of, make_parser

    args = make_parser().parse_args(argv)
    try:
        if args.add_user is not None:
            print(add_user_of(args))
            return 0
        if hidden := hide_socks_proxies():  # Gradio ends at its import on them
            print(f"{', '.join(hidden)} is not used: the page needs no proxy", file=sys.stderr)
        from editor import Domains
        from editor.ui.serving import serve

        library = Domains.at(args.root, args.device, args.yunet)
        serve(library, args.domain or library.first, args)
    except EditorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())

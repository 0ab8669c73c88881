"""The page of the tiny pack, served by a thread of this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from editor import Domains
from editor.ui.address import Address
from editor.ui.limits import Limits
from editor.ui.service import Service
from editor.ui.serving import _config, make_app, quotas_of
from editor.ui.visit_files import VisitFiles
from tests.conftest import write_tiny_pack
from tests.ui.driver import until


@contextmanager
def served_tiny(folder: Path, limits: Limits, **options: Any) -> Iterator[str]:
    """The page's address, for the length of a `with`; one at a time, as Gradio has one folder.

    Args:
        folder: where the pack and the visits' files are made.
        limits: of the page.
        options: of `Address`, and "logins".
    """
    write_tiny_pack(folder)
    logins = options.pop("logins", None)
    address = Address(port=0, **options)
    listening = address.listen()
    port = listening.getsockname()[1]
    files = VisitFiles(folder / "files", quotas=quotas_of(limits))
    library = Domains("cpu", folder / "checkpoints", folder / "boundaries")
    app = make_app(library, "tiny", address, port, Service(limits, files), logins)
    server = uvicorn.Server(_config(app, address))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    assert until(lambda: server.started)
    try:
        yield address.url(port)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listening.close()
        files.close()

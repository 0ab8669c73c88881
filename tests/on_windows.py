"""The core and the page, where `tests.windows` has taken what Windows lacks: `python -m tests.on_windows FOLDER`."""

from __future__ import annotations

import sys
import threading
import urllib.request
import warnings
from pathlib import Path

import av
import gradio
import numpy
import PIL.Image
import pillow_heif
import sklearn.svm
import torch
import uvicorn

from tests import windows

THIRD_PARTY = (av, gradio, numpy, PIL.Image, pillow_heif, sklearn.svm, torch, uvicorn)


def core(folder: Path) -> None:
    """Open the shipped pack, read a photo, edit, save picture, code and project; the same by a command."""
    from editor import Editor, InversionOptions
    from editor.cli import main
    from editor.project.actions import add_edit
    from editor.project.file import save_project, unpacked
    from editor.project.history import Project

    editor = Editor.open("faces64", "cpu")
    photo = folder / "Größe ☺.png"
    editor.example(3).resize((128, 128)).save(photo)
    edit = editor.invert(photo, editor.find(photo)[0][0], InversionOptions(steps=3))
    edit = edit.move(smile=2.0)
    editor.save(edit, folder / "smiling.png")
    editor.save(edit, folder / "smiling.png")  # over the old one
    editor.save_code(edit, folder / "smiling.npz")
    again = editor.open_code(folder / "smiling.npz")
    assert editor.render(again).tobytes() == editor.render(edit).tobytes()
    editor.paste(edit).save(folder / "whole.jpg")
    project = add_edit(Project.new(editor), editor, edit, photo.stem, str(photo))
    save_project(project, folder / "us.zip")
    with unpacked(folder / "us.zip", editor) as found:
        assert len(found.pictures) == 1
    command = ["edit", str(photo), "--domain", "faces64", "--device", "cpu", "--steps", "2"]
    assert main([*command, "--move", "smile=1", "--out", str(folder / "out")]) == 0
    assert main([*command, "--move", "smile=1", "--out", str(folder / "out")]) == 0  # goes on
    assert (folder / "out" / "Größe ☺.png").is_file()


def page(folder: Path) -> None:
    """Serve the page, keep files of a visit, and leave nothing behind."""
    from editor.domains import Domains
    from editor.ui.address import Address
    from editor.ui.limits import Limits
    from editor.ui.service import Service
    from editor.ui.serving import _config, make_app
    from editor.ui.visit_files import VisitFiles

    ended = folder / "base" / "run-ended"
    ended.mkdir(parents=True)
    (ended / ".lock").write_bytes(b"")
    address = Address(port=0)
    listening = address.listen()
    port = listening.getsockname()[1]
    files = VisitFiles(folder / "base")
    assert not ended.exists(), "what a killed run left is removed"
    other = VisitFiles(folder / "base")
    assert files.root.exists(), "that of a run that goes on stays"
    kept = files.store("a" * 32, "nul.txt", b"x")
    assert files.own(kept, "a" * 32).name == "_nul.txt"
    app = make_app(Domains("cpu"), "faces64", address, port, Service(Limits.at_home(), files))
    server = uvicorn.Server(_config(app, address))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    with urllib.request.urlopen(f"{address.url(port)}/", timeout=20) as answer:
        assert answer.status == 200
    server.should_exit = True
    thread.join(timeout=20)
    listening.close()
    for one in (files, other):
        one.close()
        assert not one.root.exists(), "the lock is let go before it is removed"


if __name__ == "__main__":
    windows.install()
    warnings.filterwarnings("error", category=EncodingWarning, module=r"editor\.")
    core(Path(sys.argv[1]))
    page(Path(sys.argv[1]))
    print("all was done −")

"""The tool Patch: a patch of one picture spreads into others (semantic diffusion)."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from editor.errors import OptionError
from editor.inversion.loop import InversionOptions, InversionStep
from editor.media.images import to_pil
from editor.project.history import Project
from editor.project.pixels import mask_png
from editor.session import Editor
from editor.ui.component_values import status
from editor.ui.components.patch_panel import patch_panel
from editor.ui.data_uris import data_uri, png_uri
from editor.ui.edit import QUIET, EditPanel
from editor.ui.error_messages import tells_errors
from editor.ui.inverting import PREVIEW_S
from editor.ui.page_context import Hook, PageContext, keep_picture
from editor.ui.patch_wish import STEPS, offset_of, patch_of, ready_patches, steps_of
from editor.ui.picture_slots import node_of, nodes_of, shown_node, slot_value, slot_values
from editor.ui.state import Visitor

MOST = 4  # pictures that it is put on
Value = dict[str, Any] | None


@dataclass(frozen=True)
class Blended:
    """What became of pictures that a patch was put on.

    Attributes:
        domain: whose pictures they are; their ids are unique within it alone.
        turn: which wish of the panel it is for.
        codes: ids of the pictures, and their codes [num_ws, w_dim], W+.
    """

    domain: str
    turn: float | None
    codes: tuple[tuple[str, np.ndarray], ...]


class PatchPanel:
    """The tool's components and what they do.

    Args:
        page: what the panels share.
    """

    def __init__(self, page: PageContext) -> None:
        self.page = page
        self.blended = gr.State(None, time_to_live=3600)
        self.panel = patch_panel(STEPS)
        self.line = gr.HTML(status(""), elem_id="patch-status", padding=False)

    def connect(self, edit: EditPanel, changed: Hook) -> None:
        """Connect the components. `changed` adds an event after another domain was chosen."""
        page, panel = self.page, self.panel
        given, shown = [page.visitor, panel], [panel, self.line]
        look: dict[str, Any] = {"fn": self.show, "inputs": given, "outputs": panel, **QUIET}
        gr.on([panel.expand, panel.input], trigger_mode="always_last", **look)
        changed(**look)
        job = panel.apply(self.run, given, [*shown, self.blended], trigger_mode="once", **QUIET)
        stopped: dict[str, Any] = {
            "fn": self.stopped,
            "inputs": [self.blended, panel],
            "outputs": shown,
            **QUIET,
        }
        panel.clear(cancels=job, **stopped)
        job.failure(**stopped)  # also after a stop, whose answer a late preview may cover
        mine = [page.visitor, self.blended, panel]
        turned = panel.select(self.turn_to, mine, [page.visitor, page.strip], **QUIET)
        turned.success(**edit.refresh).success(self.present, mine, panel, **QUIET)
        panel.submit(self.keep, mine, [page.visitor, page.strip, *shown], **QUIET).success(
            **edit.refresh
        )

    @tells_errors
    def show(self, visitor: Visitor, value: Value) -> dict[str, Any]:
        """Show the pictures as they are now, and the patches that they have."""
        visitor = self.page.store.newest(visitor)
        project, editor = visitor.project, self.page.editor(visitor)
        base, *more = slot_values(project, _on(project, value))
        source = node_of(project, (value or {}).get("source"))
        return {
            "base": base,
            "on": more,
            "source": None if source is None else slot_value(project, source),
            "square": "" if source is None else data_uri(_square(project, editor, source)),
            "kinds": [
                {"name": name, "title": title, "mask": png_uri(mask_png(mask))}
                for name, title, mask in ready_patches(editor.info)
            ],
            "turn": (value or {}).get("turn"),
        }

    @tells_errors
    def run(self, visitor: Visitor, value: Value) -> Iterator[tuple[Any, ...]]:
        """Let the patch spread. Yield panel, status and what it became at every preview."""
        visitor = self.page.store.newest(visitor)
        project, editor = visitor.project, self.page.editor(visitor)
        source, on = node_of(project, (value or {}).get("source")), _on(project, value)
        if source is None:
            raise OptionError("drop a picture on Take a patch from first")
        mask, offset = patch_of(editor.info, value), offset_of(value)
        options = replace(editor.engine.diffusion, steps=steps_of(value))
        names = [project.nodes[index].picture for index in on]
        squares = [_square(project, editor, index) for index in (source, *on)]
        turn = (value or {}).get("turn")
        begun, told, step = time.monotonic(), 0.0, None
        for step in editor.diffuse_steps(squares[0], squares[1:], mask, offset, options):
            now = time.monotonic()
            if now - told < PREVIEW_S and step.step > 0:
                continue
            told = now
            going = {"state": "working", "progress": _progress(step, options, now - begun)}
            results = _results(project, source, names, step) | going | {"turn": turn}
            yield results, status(""), _blended(project, turn, names, step)
        assert step is not None
        done = {"state": "", "progress": None, "turn": turn}
        said = status("The patch is blended in.")
        results = _results(project, source, names, step) | done
        yield results, said, _blended(project, turn, names, step)

    @tells_errors
    def stopped(self, blended: Blended | None, value: Value) -> tuple[dict[str, Any], str]:
        """Say that not all steps were done."""
        there = blended is not None and blended.turn == (value or {}).get("turn")
        said = "Stopped here; what is shown can be kept." if there else "Stopped."
        return {"state": "", "progress": None}, status(said)

    @tells_errors
    def turn_to(
        self, visitor: Visitor, blended: Blended | None, value: Value
    ) -> tuple[Visitor, Any]:
        """Show the picture that the clicked result was made of."""
        name = _result(self.page.store.newest(visitor), blended, value)[0]

        def turned(newest: Visitor) -> Visitor:
            index = node_of(newest.project, {"picture": name})
            return newest if index is None else newest.show(newest.project.go(index))

        return self.page.store.update(visitor, turned), gr.skip()

    @tells_errors
    def present(self, visitor: Visitor, blended: Blended | None, value: Value) -> dict[str, Any]:
        """Make the clicked result the proposal."""
        visitor = self.page.store.newest(visitor)
        name, code = _result(visitor, blended, value)
        editor = self.page.editor(visitor)
        grey = any(one.grey for one in visitor.project.pictures if one.id == name)
        after = data_uri(editor.render(replace(editor.edit(code), grey=grey)))
        proposal = {"after": after, "label": "patch", "picture": name}
        return {"proposal": proposal, "turn": (value or {}).get("turn")}

    @tells_errors
    def keep(self, visitor: Visitor, blended: Blended | None, value: Value) -> tuple[Any, ...]:
        """Make the proposal a picture of the visit."""
        visitor = self.page.store.newest(visitor)
        of, code = _result(visitor, blended, value)
        editor, project = self.page.editor(visitor), visitor.project
        named = [picture.name for picture in project.pictures if picture.id == of]
        name = f"{named[0] if named else 'picture'} patch"
        visitor, strip = keep_picture(
            self.page.store, visitor, editor, editor.edit(code), name, "patch", of
        )
        return visitor, strip, {"proposal": None}, status("Kept as a new picture.")


def _on(project: Project, value: Value) -> list[int]:
    """Return the indices of the edits that the patch is put on, the shown one first."""
    more = nodes_of(project, (value or {}).get("on"), MOST)
    return list(dict.fromkeys([shown_node(project), *more]))[:MOST]


def _square(project: Project, editor: Editor, index: int) -> Image.Image:
    """Return the aligned photo of a picture, or its edit where a slider was moved."""
    node = project.nodes[index]
    aligned = project.picture(node.picture).aligned
    if aligned and not node.moves:
        return Image.open(io.BytesIO(aligned)).convert("RGB")
    return editor.render(project.edit(editor, node))


def _progress(step: InversionStep, options: InversionOptions, seconds: float) -> dict[str, Any]:
    """Return how far it is, and about how many seconds are left."""
    left = seconds / max(step.step, 1) * (options.steps - step.step)
    return {
        "done": step.step,
        "total": options.steps,
        "seconds": round(left, 1) if step.step else None,
    }


def _blended(
    project: Project, turn: float | None, names: list[str], step: InversionStep
) -> Blended:
    codes = tuple(zip(names, step.wp.cpu().numpy(), strict=True))
    return Blended(project.domain, turn, codes)


def _result(visitor: Visitor, blended: Blended | None, value: Value) -> tuple[str, np.ndarray]:
    """Return the result that the panel means: id of the picture, and the code.

    Raises:
        OptionError: it is not there any more, or is of another domain or of what was set before.
    """
    value = value or {}
    row = value.get("result") or 0
    if (
        blended is not None
        and blended.domain == visitor.domain
        and blended.turn == value.get("turn")
        and math.isfinite(row)
        and 0 <= row < len(blended.codes)
    ):
        return blended.codes[int(row)]
    raise OptionError("that result is not there any more; blend the patch in again")


def _results(
    project: Project, source: int, names: list[str], step: InversionStep
) -> dict[str, Any]:
    """Return what became of each picture; that of the shown one is the proposal."""
    made = [data_uri(to_pil(image)) for image in step.image]
    label = f"patch of {project.picture(project.nodes[source].picture).name}"
    return {
        "results": made,
        "names": [project.picture(name).name for name in names],
        "proposal": {"after": made[0], "label": label, "picture": names[0]},
    }

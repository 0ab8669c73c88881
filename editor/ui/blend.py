"""The tool Blend: shape of one picture, colours of another (style mixing)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import gradio as gr
import torch

from editor.editing.edit import Edit
from editor.editing.mix import layer_groups, mix_grid
from editor.errors import OptionError
from editor.media.images import encode_image
from editor.media.sheets import table_of
from editor.project.history import Project
from editor.session import Editor
from editor.ui.component_values import painted_warning, status
from editor.ui.components.blend_panel import blend_panel
from editor.ui.data_uris import data_uri, png_uri
from editor.ui.edit import QUIET, EditPanel
from editor.ui.error_messages import tells_errors
from editor.ui.page_context import Hook, PageContext, keep_picture
from editor.ui.picture_slots import node_of, nodes_of, shown_node, slot_value, slot_values
from editor.ui.scripts import script
from editor.ui.state import Visitor
from editor.ui.turns import in_passing

MOST = 6  # pictures on each side of the grid
GROUPS = tuple(layer_groups(10))
USUAL = (0.0, 0.0, 100.0)  # percent, as published: the colours alone
Value = dict[str, Any] | None


class Asked(NamedTuple):
    """What the panel says, as far as it is still there.

    Attributes:
        bases: indices of the edits that keep what is not taken; the shown one first.
        styles: indices of the edits that are taken from.
        style: which of `styles` the proposal takes.
        strengths: of `GROUPS`, 0…1.
    """

    bases: list[int]
    styles: list[int]
    style: int
    strengths: dict[str, float]


class BlendPanel:
    """The tool's components and what they do.

    Args:
        page: what the panels share.
    """

    def __init__(self, page: PageContext) -> None:
        self.page = page
        self.panel = blend_panel()
        self.line = gr.HTML(status(""), elem_id="blend-status", padding=False)

    def connect(self, edit: EditPanel, changed: Hook) -> None:
        """Connect the components. `changed` adds an event after another domain was chosen."""
        page, panel = self.page, self.panel
        given = [page.visitor, panel]
        made: dict[str, Any] = {
            "fn": self.propose,
            "inputs": given,
            "outputs": [panel, self.line],
            **QUIET,
        }
        gr.on([panel.expand, panel.input], trigger_mode="always_last", **made)
        changed(**made)
        panel.apply(self.combine, given, [panel, self.line], trigger_mode="always_last", **QUIET)
        turned = panel.select(self.turn_to, given, [page.visitor, page.strip], **QUIET)
        turned.success(**edit.refresh).success(**made)
        panel.submit(
            self.keep, given, [page.visitor, page.strip, panel, self.line], **QUIET
        ).success(**edit.refresh)
        panel.download(self.save, given, page.file, **QUIET).success(
            None, page.file, None, js=script("download")
        )

    @tells_errors
    def propose(self, visitor: Visitor, value: Value) -> tuple[dict[str, Any], str]:
        """Blend the chosen picture into the shown one, as strongly as the sliders say."""
        visitor = self.page.store.newest(visitor)
        project, asked = visitor.project, read_asked(visitor.project, value)
        shown = shown_value(project, asked, value)
        if not asked.styles:
            return shown | {"proposal": None}, status("")
        editor = self.page.editor(visitor)
        style = asked.styles[asked.style]
        nodes = [project.nodes[index] for index in (asked.bases[0], style)]
        code = _codes(project, editor, asked.bases[:1], [style], asked.strengths)[0, 0]
        if torch.equal(code, project.edit(editor).wp_edited):
            what = "raise a slider" if asked.bases[0] != style else "take another picture"
            said = f"This changes nothing; {what}."
            return shown | {"proposal": None}, status(said)
        made = replace(editor.edit(code), grey=project.picture(nodes[0].picture).grey)
        proposal = {
            "after": data_uri(editor.render(made)),
            "label": _label(project, asked, style),
            "picture": nodes[0].picture,
        }
        return shown | {"proposal": proposal}, status(painted_warning(project, nodes))

    @in_passing
    @tells_errors
    def combine(self, visitor: Visitor, value: Value) -> Iterator[tuple[Any, Any]]:
        """Blend every base with every picture that is taken from. Yield after each row."""
        visitor = self.page.store.newest(visitor)
        project, asked = visitor.project, read_asked(visitor.project, value)
        if not asked.styles:
            raise OptionError("drop a picture on Take from first")
        editor, shown = self.page.editor(visitor), shown_value(project, asked, value)
        codes = _codes(project, editor, asked.bases, asked.styles, asked.strengths)
        rows: list[list[str]] = []
        for row in codes:
            rows.append([data_uri(image) for image in editor.engine.render(row)])
            grid = {"rows": list(rows), "whole": len(rows) == len(codes)}
            yield shown | {"grid": grid}, gr.skip()

    @tells_errors
    def turn_to(self, visitor: Visitor, value: Value) -> tuple[Visitor, Any]:
        """Show the base of the clicked row."""
        visitor = self.page.store.newest(visitor)
        row = ((value or {}).get("cell") or {}).get("row")
        bases = read_asked(visitor.project, value).bases
        if row is None or not (math.isfinite(row) and 0 <= row < len(bases)):
            raise OptionError("that picture is not there any more; open the grid again")
        wanted = slot_value(visitor.project, bases[int(row)])

        def turned(newest: Visitor) -> Visitor:
            index = node_of(newest.project, wanted)
            return newest if index is None else newest.show(newest.project.go(index))

        return self.page.store.update(visitor, turned), gr.skip()

    @tells_errors
    def keep(self, visitor: Visitor, value: Value) -> tuple[Any, ...]:
        """Make the proposal a picture of the visit."""
        visitor = self.page.store.newest(visitor)
        project, asked = visitor.project, read_asked(visitor.project, value)
        if not asked.styles:
            raise OptionError("that picture is not there any more; take from another one")
        editor, style = self.page.editor(visitor), asked.styles[asked.style]
        code = _codes(project, editor, asked.bases[:1], [style], asked.strengths)[0, 0]
        of = project.nodes[asked.bases[0]].picture
        name = f"{project.picture(of).name} blend"
        visitor, strip = keep_picture(
            self.page.store,
            visitor,
            editor,
            editor.edit(code),
            name,
            _label(project, asked, style),
            of,
        )
        said = "Kept as a new picture."
        return visitor, strip, {"proposal": None, "from": []}, status(said)

    @tells_errors
    def save(self, visitor: Visitor, value: Value) -> dict[str, str]:
        """Return the grid with the pictures that it was made of, as one PNG."""
        visitor = self.page.store.newest(visitor)
        project, asked = visitor.project, read_asked(visitor.project, value)
        if not asked.styles:
            raise OptionError("drop a picture on Take from first")
        editor = self.page.editor(visitor)
        codes = _codes(project, editor, asked.bases, asked.styles, asked.strengths)
        left, top = (
            [editor.render(edit) for edit in _edits(project, editor, indices)]
            for indices in (asked.bases, asked.styles)
        )
        sheet = table_of(left, top, editor.engine.render(codes.flatten(0, 1)))
        return {"name": "blends.png", "uri": png_uri(encode_image(sheet, "PNG"))}


def read_asked(project: Project, value: Value) -> Asked:
    """Read what the panel sends.

    Raises:
        OptionError: nothing is shown, or a strength lies outside 0…100.
    """
    value = value or {}
    bases = [shown_node(project), *nodes_of(project, value.get("bases"), MOST)]
    styles = nodes_of(project, value.get("from"), MOST)
    style = value.get("style")
    style = int(style) if style is not None and math.isfinite(style) else 0
    given = value.get("strengths") or USUAL
    if len(given) != len(GROUPS) or not all(0 <= share <= 100 for share in given):
        raise OptionError(f"strengths {list(given)[:9]}; expected {len(GROUPS)} of 0…100")
    return Asked(
        list(dict.fromkeys(bases))[:MOST],
        styles,
        style if 0 <= style < len(styles) else 0,
        {name: share / 100 for name, share in zip(GROUPS, given, strict=True)},
    )


def shown_value(project: Project, asked: Asked, value: Value) -> dict[str, Any]:
    """Return what the panel's slots show, and which of its wishes that answers."""
    base, *more = slot_values(project, asked.bases)
    taken = slot_values(project, asked.styles)
    turn = (value or {}).get("turn")
    return {"base": base, "bases": more, "from": taken, "style": asked.style, "turn": turn}


def _label(project: Project, asked: Asked, style: int) -> str:
    taken = " and ".join(name for name in GROUPS if asked.strengths[name] > 0)
    return f"{taken} of {project.picture(project.nodes[style].picture).name}"


def _edits(project: Project, editor: Editor, indices: list[int]) -> list[Edit]:
    return [project.edit(editor, project.nodes[index]) for index in indices]


def _codes(
    project: Project,
    editor: Editor,
    bases: list[int],
    styles: list[int],
    strengths: dict[str, float],
) -> torch.Tensor:
    """Return [bases, styles, num_ws, w_dim]."""
    left, top = (
        torch.stack([edit.wp_edited for edit in _edits(project, editor, indices)])
        for indices in (bases, styles)
    )
    return mix_grid(left, top, strengths)

"""Puts the page together."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import gradio as gr

from editor import Editor
from editor.ui.components import (
    asset,
    crop_square,
    example_pictures,
    photo_input,
    picture_view,
)
from editor.ui.handlers import Handlers, Settings
from editor.ui.state import data_uri

BEYOND = 1.5
SHARED_NOTE = (
    "Photos that you give go to the computer that serves this page. They "
    "stay there in a temporary folder for at most seven hours, and are then deleted; nothing else "
    "is kept. Give only photos that you may share."
)
DOWNLOAD = """(file) => {
  if (!file || !file.uri) return;
  const link = document.createElement('a');
  link.href = file.uri; link.download = file.name;
  document.body.appendChild(link); link.click(); link.remove();
}"""
DARK = "() => { document.body.classList.toggle('dark'); }"


def launch_options(editor: Editor) -> dict[str, Any]:
    """Look and limits for `Blocks.launch`."""
    theme = gr.themes.Base(
        primary_hue="sky", neutral_hue="neutral", font=["system-ui", "sans-serif"]
    )
    css = asset("style.css") + _range_css(editor)
    return {
        "theme": theme,
        "css": css,
        "js": asset("page.js"),
        "max_file_size": "100mb",
        "footer_links": [],
        # it would store every step of a slider with its pictures in the browser, slower and slower
        "run_history": False,
    }


def build_ui(editor: Editor, shared: bool = False) -> gr.Blocks:
    """The page for an open editor; nothing is started here.

    Args:
        editor: the open domain.
        shared: the page will be reachable by others; it then says where photos go.
    """
    handlers = Handlers(editor)
    examples = [data_uri(editor.example(seed)) for seed in editor.info.example_seeds]
    subject = editor.info.subject
    place = f"put the square close around the {subject}"
    if subject == "face":
        place = "drag and size the square until eyes and mouth lie on its marks"
    with gr.Blocks(
        title="In-domain editor",
        fill_width=True,
        analytics_enabled=False,
        delete_cache=(3600, 6 * 3600),
    ) as page:
        visitor = gr.State(handlers.first_visitor())
        with gr.Row(elem_id="top"):
            gr.Markdown("# In-domain editor", elem_id="title")
            where = gr.Markdown(handlers.where(), elem_id="where")
            dark = gr.Button("☾ Dark or light", elem_id="dark", size="sm", scale=0, min_width=130)
        if shared:
            gr.Markdown(SHARED_NOTE, elem_id="shared-note")
        with gr.Row(elem_id="main"):
            with gr.Column(elem_id="source"):
                photo = photo_input()
                square = crop_square(subject)
                angle = gr.Slider(
                    -45, 45, 0, step=1, label="Turn the square (degrees)", elem_id="angle"
                )
                with gr.Row():
                    start = gr.Button("Invert", variant="primary", elem_id="invert", min_width=100)
                    cancel = gr.Button("Cancel", elem_id="cancel", min_width=80)
                gr.Markdown(
                    f"Drop a photo, {place}, press Invert. Or try a generated {subject}:",
                    elem_id="hint",
                )
                faces = example_pictures(examples)
                settings = _advanced()
            with gr.Column(elem_id="stage"):
                picture = picture_view({"after": examples[0], "alt": f"A generated {subject}"})
                status = gr.HTML(
                    f'<div class="status" role="status">This {subject} was generated. '
                    f"Give it a photo, or click an example.</div>",
                    elem_id="status",
                )
                with gr.Row(elem_id="buttons"):
                    save = gr.Button("Save picture", elem_id="save", size="sm", min_width=100)
                    save_code = gr.Button(
                        "Save code", elem_id="save-code", size="sm", min_width=100
                    )
                    reset = gr.Button("Reset sliders", elem_id="reset", size="sm", min_width=100)
                    gr.Button("Hold to compare", elem_id="compare", size="sm", min_width=120)
            with gr.Column(elem_id="sliders"):
                sliders = _sliders(editor)
        file = gr.JSON(visible=False)

        turned = {"inputs": [square, angle], "outputs": square, "show_progress": "hidden"}
        loaded = photo.change(
            handlers.show_photo, photo, square, show_progress="hidden", trigger_mode="always_last"
        )
        loaded.success(lambda: 0, None, angle, show_progress="hidden")
        # a file that cannot be read makes room for the next; the picture stands
        loaded.failure(lambda: (None, None), None, [photo, square], show_progress="hidden")
        angle.input(handlers.turn, trigger_mode="always_last", **turned)

        job = {
            "fn": handlers.invert,
            "inputs": [photo, square, visitor, *settings],
            "outputs": [visitor, picture, status, *sliders],
            "show_progress": "hidden",
            "concurrency_id": "invert",
            "concurrency_limit": 4,
        }
        clicked = start.click(**job)
        chosen = faces.select(handlers.example, faces, photo, show_progress="hidden")
        shown = chosen.success(handlers.show_photo, photo, square, show_progress="hidden")
        tried = shown.success(**job)
        # one job a visitor: a start by one way ends what the other way began
        start.click(None, cancels=[tried])
        faces.select(None, cancels=[clicked])
        now = {"inputs": [visitor, *sliders], "show_progress": "hidden"}
        # a slider that was moved meanwhile takes effect when the job is done
        for event in (clicked, tried):
            event.then(handlers.slide, outputs=[picture, where], **now)
        cancel.click(
            lambda: '<div class="status" role="status">Stopped; the last picture is kept.</div>',
            outputs=status,
            cancels=[clicked, tried],
            show_progress="hidden",
        )
        if sliders:
            gr.on(
                [slider.input for slider in sliders],
                handlers.slide,
                outputs=[picture, where],
                trigger_mode="always_last",
                concurrency_limit=8,
                **now,
            )
            reset.click(
                lambda: [0] * len(sliders) if len(sliders) > 1 else 0,
                outputs=sliders,
                show_progress="hidden",
            ).then(handlers.slide, outputs=[picture, where], **now)
        for button, make in (
            (save, handlers.download_picture),
            (save_code, handlers.download_code),
        ):
            button.click(make, outputs=file, **now).success(None, file, None, js=DOWNLOAD)
        dark.click(None, js=DARK)
    return page


def _sliders(editor: Editor) -> list[gr.Slider]:
    """One slider a boundary, under the heading of its group, half as far again as recommended."""
    made = []
    for group, infos in groupby(editor.sliders, key=lambda info: info.group):
        gr.Markdown(f"### {group}")
        for info in infos:
            end = round(BEYOND * max(-info.range[0], info.range[1]), 1)
            made.append(
                gr.Slider(
                    -end,
                    end,
                    0,
                    step=0.1,
                    label=info.title,
                    elem_id=f"slider-{info.name}",
                    elem_classes="recommended",
                )
            )
    return made


def _range_css(editor: Editor) -> str:
    """A thin line under each slider that marks the recommended range."""
    rules = []
    for info in editor.sliders:
        low, high = info.range
        end = BEYOND * max(-low, high)
        a, b = 50 + 50 * low / end, 50 + 50 * high / end
        rules.append(
            f"#slider-{info.name}::after {{ background: linear-gradient(to right, transparent "
            f"{a:.1f}%, #8aa {a:.1f}%, #8aa {b:.1f}%, transparent {b:.1f}%); }}"
        )
    return "\n".join(rules)


def _advanced() -> list[gr.Number]:
    default = Settings()
    with gr.Accordion("Advanced", open=False):
        return [
            gr.Number(default.steps, label="Most steps", minimum=0, maximum=1000, precision=0),
            gr.Number(default.lr, label="Learning rate", minimum=0.0001, maximum=0.2),
            gr.Number(default.pix, label="Weight of the pixels", minimum=0),
            gr.Number(default.feat, label="Weight of the features", minimum=0),
            gr.Number(default.domain, label="Weight of the domain", minimum=0),
        ]

"""Puts the page together."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache

from editor import Editor, Library
from editor.ui.components import (
    asset,
    crop_square,
    example_pictures,
    photo_input,
    picture_view,
    slider_panel,
)
from editor.ui.handlers import (
    KEEP,
    REPLACE,
    SQUARE,
    WHOLE,
    Handlers,
    Settings,
    example_value,
    hint,
    panel_value,
    welcome,
)
from editor.ui.handlers import where as line

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
DOWNLOAD_FILE = """(file) => {
  if (!file || !file.url) return;
  const link = document.createElement('a');
  link.href = file.url; link.download = file.orig_name || 'edited';
  document.body.appendChild(link); link.click(); link.remove();
}"""
DARK = "() => { document.body.classList.toggle('dark'); }"


def launch_options() -> dict[str, Any]:
    """Look and limits for `Blocks.launch`."""
    theme = gr.themes.Base(
        primary_hue="sky", neutral_hue="neutral", font=["system-ui", "sans-serif"]
    )
    return {
        "theme": theme,
        "css": asset("style.css"),
        "js": asset("page.js"),
        "max_file_size": "100mb",
        "footer_links": [],
        # it would store every step of a slider with its pictures in the browser, slower and slower
        "run_history": False,
    }


def build_ui(library: Library, start: str, shared: bool = False) -> gr.Blocks:
    """The page; nothing is started here.

    Args:
        library: the domains that a visitor may choose.
        start: name of the first one.
        shared: the page will be reachable by others; it then says where photos go.

    Raises:
        PackError: the first domain cannot be opened.
    """
    handlers = Handlers(library, start)
    editor = library.open(start)
    examples = example_value(editor)
    first = {"after": examples["sources"][0], "alt": f"A generated {editor.info.subject}"}
    with gr.Blocks(
        title="In-domain editor",
        fill_width=True,
        analytics_enabled=False,
        delete_cache=(3600, 6 * 3600),
    ) as page:
        visitor = gr.State(handlers.first_visitor())
        with gr.Row(elem_id="top"):
            gr.Markdown("# In-domain editor", elem_id="title")
            domain = gr.Dropdown(
                library.choices,
                value=start,
                show_label=False,
                container=False,
                label="Domain",
                elem_id="domain",
                filterable=False,
            )
            where = gr.Markdown(line(editor), elem_id="where")
            dark = gr.Button("☾ Dark or light", elem_id="dark", size="sm", scale=0, min_width=130)
        if shared:
            gr.Markdown(SHARED_NOTE, elem_id="shared-note")
        with gr.Row(elem_id="main"):
            with gr.Column(elem_id="source"):
                photo = photo_input()
                square = crop_square()
                angle = gr.Slider(
                    -45, 45, 0, step=1, label="Turn the square (degrees)", elem_id="angle"
                )
                with gr.Row():
                    start_button = gr.Button(
                        "Invert", variant="primary", elem_id="invert", min_width=100
                    )
                    cancel = gr.Button("Cancel", elem_id="cancel", min_width=80)
                help_text = gr.Markdown(hint(editor), elem_id="hint")
                faces = example_pictures(examples)
                settings, layers, mode = _advanced(editor)
            with gr.Column(elem_id="stage"):
                picture = picture_view(first)
                with gr.Row(elem_id="view-row"):
                    status = gr.HTML(welcome(editor), elem_id="status")
                    view = gr.Radio(
                        [SQUARE, WHOLE],
                        value=SQUARE,
                        label="Show",
                        show_label=False,
                        container=False,
                        elem_id="view",
                    )
                with gr.Row(elem_id="buttons"):
                    save = gr.Button("Save picture", elem_id="save", size="sm", min_width=100)
                    save_photo = gr.Button(
                        "Save photo", elem_id="save-photo", size="sm", min_width=100
                    )
                    save_code = gr.Button(
                        "Save code", elem_id="save-code", size="sm", min_width=100
                    )
                    reset = gr.Button("Reset sliders", elem_id="reset", size="sm", min_width=100)
                    adopt = gr.Button("Use as photo", elem_id="adopt", size="sm", min_width=100)
                    gr.Button("Hold to compare", elem_id="compare", size="sm", min_width=120)
            with gr.Column(elem_id="sliders"):
                panel = slider_panel(panel_value(editor))
        file = gr.JSON(visible=False)
        photo_file = gr.File(visible=False)

        turned = {"inputs": [square, angle], "outputs": square, "show_progress": "hidden"}
        placed = {
            "fn": handlers.show_photo,
            "inputs": [photo, visitor],
            "outputs": square,
            "show_progress": "hidden",
        }
        loaded = photo.change(**placed, trigger_mode="always_last")
        heading = {"fn": handlers.heading, "inputs": square, "outputs": angle}
        loaded.success(**heading, show_progress="hidden")
        square.release(**heading, show_progress="hidden")  # another face was taken
        # a file that cannot be read makes room for the next; the picture stands
        loaded.failure(lambda: (None, None), None, [photo, square], show_progress="hidden")
        angle.input(handlers.turn, trigger_mode="always_last", **turned)

        job = {
            "fn": handlers.invert,
            "inputs": [photo, square, visitor, *settings],
            "outputs": [visitor, picture, status, panel],
            "show_progress": "hidden",
            "concurrency_id": "invert",
            "concurrency_limit": 4,
        }
        clicked = start_button.click(**job)
        chosen = faces.select(handlers.example, [faces, visitor], photo, show_progress="hidden")
        tried = chosen.success(**placed).success(**job)
        # one job a visitor: a start by one way ends what the other way began
        start_button.click(None, cancels=[tried])
        faces.select(None, cancels=[clicked])
        now = {"inputs": [visitor, panel, layers, view, mode], "show_progress": "hidden"}
        # a slider that was moved meanwhile takes effect when the job is done
        for event in (clicked, tried):
            event.then(handlers.slide, outputs=[picture, where], **now).then(
                handlers.look, outputs=picture, **now
            )
        gr.on([view.input, mode.input], handlers.look, outputs=picture, **now)
        cancel.click(
            lambda: '<div class="status" role="status">Stopped; the last picture is kept.</div>',
            outputs=status,
            cancels=[clicked, tried],
            show_progress="hidden",
        )
        domain.input(
            handlers.choose,
            [domain, photo],
            [visitor, picture, status, panel, faces, square, where, help_text, *settings],
            cancels=[clicked, tried],
            show_progress="hidden",
        ).success(lambda: (0, ""), None, [angle, layers], show_progress="hidden")
        gr.on(
            [panel.input, layers.submit],
            handlers.slide,
            outputs=[picture, where],
            trigger_mode="always_last",
            concurrency_limit=8,
            **now,
        )
        reset.click(handlers.reset, visitor, panel, show_progress="hidden").then(
            handlers.slide, outputs=[picture, where], **now
        )
        for button, make in (
            (save, handlers.download_picture),
            (save_code, handlers.download_code),
        ):
            button.click(make, [visitor, panel, layers], file, show_progress="hidden").success(
                None, file, None, js=DOWNLOAD
            )
        whole = [photo, visitor, panel, layers, mode]

        def pasted(*given: Any) -> str:
            """The edited photo as a file of the page's cache, which is emptied by the hour."""
            data, name = handlers.whole_photo(*given)
            return save_bytes_to_cache(data, name, cache_dir=photo.GRADIO_CACHE)

        save_photo.click(pasted, whole, photo_file, show_progress="hidden").success(
            None, photo_file, None, js=DOWNLOAD_FILE
        )
        adopt.click(pasted, whole, photo, show_progress="hidden")
        dark.click(None, js=DARK)
    return page


def _advanced(editor: Editor) -> tuple[list[gr.Number], gr.Textbox, gr.Radio]:
    default = Settings.of(editor.inversion)
    with gr.Accordion("Advanced", open=False):
        mode = gr.Radio([KEEP, REPLACE], value=KEEP, label="In the whole photo", elem_id="mode")
        numbers = [
            gr.Number(default.steps, label="Most steps", minimum=0, maximum=1000, precision=0),
            gr.Number(default.lr, label="Learning rate", minimum=0.0001, maximum=0.2),
            gr.Number(default.pix, label="Weight of the pixels", minimum=0),
            gr.Number(default.feat, label="Weight of the features", minimum=0),
            gr.Number(default.domain, label="Weight of the domain", minimum=0),
        ]
        layers = gr.Textbox(
            label="Layers of the sliders",
            info="Each moves its own layers; here others: smile=2-5; age=0,1. Then press Enter.",
            elem_id="layers",
        )
    return numbers, layers, mode

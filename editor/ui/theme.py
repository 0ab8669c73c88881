"""The look of Gradio's own parts, by the same tokens as the page's (page.css)."""

from __future__ import annotations

import gradio as gr

FONT = ["ui-sans-serif", "system-ui", "Segoe UI", "Roboto", "sans-serif"]
# light, dark
CANVAS = "#E9E9E9", "#141414"
PANEL = "#FFFFFF", "#1E1E1E"
RAISED = "#F4F4F4", "#282828"
LINE = "#D6D6D6", "#383838"
TEXT = "#1C1C1C", "#EDEDED"
TEXT_2 = "#5C5C5C", "#A8A8A8"
ACCENT = "#0B63CE", "#6CB2FF"
ON_ACCENT = "#FFFFFF", "#101824"


def theme() -> gr.themes.Base:
    """Return the theme."""
    values: dict[str, str] = {}
    for names, (light, dark) in (
        (("body_background_fill",), CANVAS),
        (("background_fill_primary", "block_background_fill", "panel_background_fill"), PANEL),
        (
            (
                "background_fill_secondary",
                "input_background_fill",
                "button_secondary_background_fill",
            ),
            RAISED,
        ),
        (
            ("border_color_primary", "input_border_color", "button_secondary_border_color"),
            LINE,
        ),
        (("body_text_color", "block_label_text_color", "button_secondary_text_color"), TEXT),
        (
            ("body_text_color_subdued", "block_info_text_color", "input_placeholder_color"),
            TEXT_2,
        ),
        (
            (
                "color_accent",
                "slider_color",
                "button_primary_background_fill",
                "button_primary_background_fill_hover",
                "checkbox_background_color_selected",
                "checkbox_border_color_selected",
                "link_text_color",
            ),
            ACCENT,
        ),
        (("button_primary_text_color",), ON_ACCENT),
    ):
        for name in names:
            # an accent has no dark twin: it is the same in both, see page.css
            if name == "color_accent":
                values[name] = "var(--accent)"
                continue
            values |= {name: light, f"{name}_dark": dark}
    return gr.themes.Base(primary_hue="sky", neutral_hue="neutral", font=FONT).set(
        block_border_width="0px", block_shadow="none", **values
    )

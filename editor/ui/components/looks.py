"""Looks: settings of several sliders, as pictures of what they do to the shown one."""

from __future__ import annotations

import logging
from typing import Any

import gradio as gr

from editor.domains import Domains
from editor.errors import OptionError
from editor.sliders.looks import read_looks
from editor.sliders.slider_set import SliderSet
from editor.ui.components.html_component import html_component
from editor.ui.slider_words import slider_words

log = logging.getLogger(__name__)


def looks_value(domains: Domains, name: str, sliders: SliderSet) -> dict[str, Any]:
    """Return the value of `looks_row` for a domain: its looks, and the ranges of its sliders."""
    try:
        looks = read_looks(domains.folders["boundaries"] / name)
    except OptionError as error:
        log.warning("%s", error)
        looks = []
    return {
        "domain": name,
        "looks": [{"name": look.name, "sliders": dict(look.values)} for look in looks],
        "ranges": {info.name: list(info.range) for info in sliders},
        "titles": {info.name: slider_words(info).title for info in sliders},
        "ends": {info.name: ends for info in sliders if (ends := slider_words(info).ends)},
    }


def looks_row(value: dict[str, Any]) -> gr.HTML:
    """Show looks as thumbnails of the own face, with a strength. They move the page's sliders.

    Its value is {"domain", "looks": [{"name", "sliders": {slider: share of its range}}], "ranges":
    {slider: [low, high]}, "titles": {slider: title}, "ends": {slider: words of both}}. Looks of one's own lie in the browser.
    """
    return html_component("looks", value, elem_id="looks", shape={})

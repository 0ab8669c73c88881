"""Inversions of photos and of pictures from outside, from which a pack's verdict is fitted and measured."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from editor.errors import OptionError
from editor.evaluation.methods import find_codes, options_of, pictures, read_codes
from editor.evaluation.outsiders import covered, drawn, turned
from editor.evaluation.run import claim, sum_of
from editor.inversion.loop import InversionOptions
from editor.metrics.identity import People, Recogniser
from editor.metrics.verdict import fit_verdict, measure_verdict, with_figures
from editor.packs.verdict import Verdict
from editor.session import Editor

METHOD = "in-domain"
OWN_KINDS = ("photos", "covered", "turned", "drawn")
KIND = re.compile(r"[\w-][\w. -]*")  # a folder's name
Signs = dict[str, np.ndarray]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Pictures:
    """Photos that a domain knows, and pictures that lie outside it.

    Attributes:
        photos: [N, 3, R, R], RGB, in [-1, 1].
        outside: the same by kind.
    """

    photos: Tensor
    outside: dict[str, Tensor]

    @classmethod
    def of(
        cls, editor: Editor, photos: Tensor, outside: dict[str, Tensor], made: int, seed: int
    ) -> Pictures:
        """Collect the pictures, and add made ones of each kind where the domain is of faces.

        Args:
            editor: of the domain.
            photos: [N, 3, R, R], RGB, in [-1, 1], that the domain knows.
            outside: pictures from outside by kind.
            made: how many of each kind are made; they need as many photos.
            seed: of what is made; photos are taken from the end.

        Raises:
            OptionError: there is nothing from outside, or a kind has a name that is taken.
        """
        if wrong := sorted(
            name for name in outside if name in OWN_KINDS or not KIND.fullmatch(name)
        ):
            raise OptionError(f"a set from outside cannot be called {wrong}; rename it")
        alignment = editor.info.squares
        if made and alignment is not None:
            some = photos[-made:]
            outside = {
                **outside,
                "covered": covered(some, alignment, seed),
                "turned": turned(some, seed),
                "drawn": drawn(len(some), editor.info.resolution, alignment, seed),
            }
        if not outside:
            raise OptionError("nothing lies outside; give --outside pictures of something else")
        return cls(photos, outside)


@dataclass(frozen=True)
class Found:
    """What inversions of `Pictures` show.

    Attributes:
        signs: of the photos.
        outside: of the pictures from outside, by kind.
        distances: [N], between persons, or None where nobody was asked for.
    """

    signs: Signs
    outside: dict[str, Signs]
    distances: np.ndarray | None


def look(
    editor: Editor,
    given: Pictures,
    recogniser: Recogniser | None,
    options: InversionOptions,
    folder: Path,
    batch: int,
    progress: Progress,
) -> Found:
    """Invert pictures, and measure their signs. Codes that the folder holds are taken from it.

    Args:
        editor: of the domain.
        given: the pictures.
        recogniser: says who is shown; None leaves that out.
        options: how to invert.
        folder: for the codes.
        batch: pictures at a time.
        progress: called with (part, done, total).

    Raises:
        OptionError: the folder holds codes of other pictures or options.
    """
    found: dict[str, Signs] = {}
    distances = None
    everything = {"photos": given.photos, **given.outside}
    facts = {
        "generator": editor.engine.fingerprint,
        "networks": {name: entry["sha256"] for name, entry in sorted(editor.info.files.items())},
        "inversion": asdict(options),
        "pictures": {name: [len(some), sum_of(some)] for name, some in everything.items()},
    }
    claim(folder, facts)
    for kind, photos in everything.items():
        place = folder / kind
        for done in find_codes(editor, photos, METHOD, options, None, place, batch):
            progress(kind, done, len(photos))
        codes = read_codes(editor, METHOD, len(photos), place, batch).codes
        found[kind] = signs_of(editor, photos, codes, batch)
        if kind == "photos" and recogniser is not None:
            people = People.of(recogniser, photos)
            distances = people.distances(pictures(editor, codes, batch)).numpy()
    return Found(found.pop("photos"), found, distances)


def signs_of(editor: Editor, photos: Tensor, codes: Tensor, batch: int) -> Signs:
    """Measure the signs [N], by name, of photos [N, 3, R, R] and their codes [N, num_ws, w_dim]."""
    parts = [
        editor.engine.signs(some, wp)
        for some, wp in zip(photos.split(batch), codes.split(batch), strict=True)
    ]
    return {name: torch.cat([part[name] for part in parts]).numpy() for name in parts[0]}


def fit(train: Found, test: Found) -> Verdict:
    """Fit a verdict on one set of pictures, and measure it on another.

    Raises:
        TrainingError: there are too few pictures.
    """
    outside = {
        name: np.concatenate([signs[name] for signs in train.outside.values()])
        for name in train.signs
    }
    verdict = fit_verdict(train.signs, outside, train.distances)
    figures: dict[str, Any] = measure_verdict(verdict, test.signs, test.outside, test.distances)
    return with_figures(verdict, figures)


def usual_options(editor: Editor, steps: int | None) -> InversionOptions:
    """Return the domain's own options without early stopping, with another number of steps if asked."""
    usual = editor.engine.inversion
    return options_of(METHOD, usual if steps is None else replace(usual, steps=steps))

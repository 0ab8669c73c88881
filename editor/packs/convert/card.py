"""The model card of a converted pack."""

from __future__ import annotations

ORIGIN = {
    "idinvert": "the networks of In-Domain GAN Inversion (Zhu et al., ECCV 2020) as its authors published "
    "them",
    "stylegan2": "networks of StyleGAN2 (Karras et al., CVPR 2020) in a layout that others publish",
}
MEAN = {
    "idinvert": "The mean code of each layer was computed from 10,000 seeded latents; the published file's "
    "mean, which\nfollows layer 0 only, is kept beside it as `w_avg_published`.",
    "stylegan2": "The noise of each layer is the file's own and constant, so that a code always gives the "
    "same picture.\nThe mean code is the file's; where it has none, that of 10,000 seeded latents.",
}
NO_ENCODER = """
It has no encoder: inversions begin at the mean code and are free, so they fit a photo more slowly, and edits
of them hold less well. `python -m editor train-encoder --generator CHECKPOINTS/{name} …` and `make-pack` give it one.
"""
CARD = """# {name}

Converted from {origin};
nothing was trained here. Made by `python -m editor convert {family}`.

| network | parameters | file | sha256 |
|---|---|---|---|
{table}

{mean}
{encoder}
## Licence

{licence}
"""


def model_card(family: str, name: str, licence: str, rows: list[str], has_encoder: bool) -> str:
    """Return the text of a converted pack's MODEL_CARD.md.

    Args:
        family: whose files they were, "idinvert" or "stylegan2".
        name: of the pack.
        licence: of the weights.
        rows: a line of the table for each network.
        has_encoder: whether an encoder is among them.
    """
    return CARD.format(
        name=name,
        origin=ORIGIN[family],
        family=family,
        table="\n".join(rows),
        mean=MEAN[family],
        encoder="" if has_encoder else NO_ENCODER.format(name=name),
        licence=licence,
    )

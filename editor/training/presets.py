"""Presets of the training commands: options by name, one line each, with what they gave.

An option on the command line overrides its preset. Figures are of the shipped packs or, where the
comment says so, of short runs; the model cards say how they were measured.
"""

from __future__ import annotations

from typing import Any

Preset = dict[str, Any]

# fmt: off
GENERATORS: dict[str, Preset] = {
    "faces64": {"resolution": 64, "kimg": 250.0},
    "faces128": {"resolution": 128, "kimg": 200.0},  # after faces64: --init-from its run folder
    "scenes64": {"resolution": 64, "kimg": 120.0},  # the first stage of scenes128
    "scenes128": {"resolution": 128, "kimg": 120.0},  # after scenes64: --init-from its run folder
}
ENCODERS: dict[str, Preset] = {
    "published": {"mean_offset": False, "lr": 1e-4, "lr_schedule": "steps", "beta1": 0.9, "batch": 128, "weight_adv": 0.08, "r1_gamma": 10.0, "lr_discriminator": 1e-4, "ema_kimg": 0.0},
    "traditional": {"kind": "traditional"},
}
# fmt: on

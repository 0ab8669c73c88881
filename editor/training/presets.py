"""Presets of the training commands: options by name, one line each, with what they gave.

An option on the command line overrides its preset. Figures are of the shipped packs or, where the
comment says so, of short runs; the model cards say how they were measured.
"""

from __future__ import annotations

from typing import Any

Preset = dict[str, Any]

# fmt: off
GENERATORS: dict[str, Preset] = {
    "faces64": {"resolution": 64, "kimg": 250.0},  # Fréchet 48,500, SWD 26.9 (halves of the photos 19,251, 16.4); 2.6 h on 2 cores
    "faces128": {"resolution": 128, "kimg": 200.0, "lr": 0.002, "augment_target": 0.6},  # with --init-from a faces64 run; after 56 kimg Fréchet 12,537, SWD 28.5 (halves 5,733, 14.5)
    "scenes64": {"resolution": 64, "kimg": 120.0, "augment_target": 0.6},  # first stage of scenes128; not measured yet
    "scenes128": {"resolution": 128, "kimg": 120.0, "lr": 0.002, "augment_target": 0.6},  # with --init-from a scenes64 run; not measured yet
}
ENCODERS: dict[str, Preset] = {
    "published": {"heads": "single", "mean_offset": False, "lr": 1e-4, "lr_schedule": "steps", "beta1": 0.9, "batch": 128, "weight_adv": 0.08, "r1_gamma": 10.0, "lr_discriminator": 1e-4, "ema_kimg": 0.0},
    "traditional": {"kind": "traditional"},
}
# fmt: on

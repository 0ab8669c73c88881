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
    "faces128": {"resolution": 128, "kimg": 200.0, "lr": 0.002, "augment_target": 0.6},  # with --init-from a faces64 run: Fréchet 12,304, SWD 26.1 (halves of the photos 5,733, 14.5); 4.7 h on 2 cores beside other work. 16 kimg more with --features: 10,063, 21.8
    "scenes64": {"resolution": 64, "kimg": 100.0, "noise": True, "augment_target": 0.6},  # with --init-from a faces64 run and --features: Fréchet 33,167, SWD 17.6 (halves of the photos 33,032, 16.3); about 2 h on 2 cores
    "scenes128": {"resolution": 128, "kimg": 1150.0, "batch": 64, "lr": 0.0025, "r1_gamma": 0.3, "ema_kimg": 20.0, "noise": True, "augment_target": 0.6, "augment_colour": 0.6, "augment_shift": 0.8, "augment_geometry": 0.6},  # with --init-from a generator at 35 kimg (Fréchet 46,701, SWD 26.8): 15,496, 16.2 (halves of the photos 11,221, 14.7); 10 min on an H100
}
ENCODERS: dict[str, Preset] = {
    "faces64": {"heads": "single", "lr": 1e-3, "kimg": 40.0},  # for the generator at 160 kimg: held-out MSE 0.0445; 27 min on 2 cores
    "faces128": {"kimg": 36.0},  # held-out MSE 0.0403; 53 min on 2 cores beside other work. 16 kimg more for the generator's next snapshot, with --predictor --init-from --weight-code 0.1 --lr 0.003: 0.0411, and inversions keep glasses and age
    "scenes128": {"kimg": 14.0, "lr": 3e-3, "weight_code": 0.1, "augment_colour": 0.2, "augment_shift": 0.5},  # with --predictor and --init-from an encoder of the snapshot before (60 kimg): held-out MSE 0.0878; 21 min on 2 cores beside other work
    "published": {"heads": "single", "mean_offset": False, "lr": 1e-4, "lr_schedule": "steps", "beta1": 0.9, "batch": 128, "weight_adv": 0.08, "r1_gamma": 10.0, "lr_discriminator": 1e-4, "ema_kimg": 0.0},
    "traditional": {"kind": "traditional"},
}
# fmt: on

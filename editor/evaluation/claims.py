"""What the method claims, held against what was measured: in-domain codes against each other method's."""

from __future__ import annotations

from typing import Any

from editor.evaluation.edits import realism
from editor.evaluation.reconstruct import HIGHER_IS_BETTER

OURS = "in-domain"
ENCODER, TRADITIONAL = "encoder", "traditional"
GAIN = 0.3  # of the encoder's pixel error
HIGHER = HIGHER_IS_BETTER | {"lower error than the encoder's", "mean average precision"}
LEFT_OUT = {"seconds_per_photo_batched", "code_distance"}  # not claimed; low by construction


def claims(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Compare a result of `evaluate` with the claims of Zhu et al., section 4.

    Optimisation in the domain takes 30% off the encoder's pixel error; its codes are classified
    better and give more real edits and interpolations than free optimisation's; and it beats the
    traditional encoder in everything.

    Args:
        result: figures by method. Nothing is said of a method that is missing.

    Returns:
        {"against", "measure", "ours", "theirs", "holds"}; realism of edits is the mean over the
        distances within the recommended range.
    """
    methods = result["methods"]
    if OURS not in methods:
        return []
    ours = methods[OURS]
    found = []
    for other, entry in methods.items():
        if other == OURS:
            continue
        if other == ENCODER:
            pairs = _gain(ours, entry)
        else:
            a, b = _semantic(ours), _semantic(entry)
            if other == TRADITIONAL:
                a, b = _reconstruction(ours) | a, _reconstruction(entry) | b
            pairs = [(name, a[name], b[name]) for name in a if name in b]
        for name, mine, theirs in pairs:
            higher = name.removeprefix("edits: ").removeprefix("interpolations: ") in HIGHER
            holds = mine > theirs if higher else mine < theirs
            numbers = {"ours": mine, "theirs": theirs, "holds": holds}
            found.append({"against": other, "measure": name, **numbers})
    return found


def _gain(ours: dict[str, Any], encoder: dict[str, Any]) -> list[tuple[str, float, float]]:
    """Return the measured and the claimed share that optimisation takes off the encoder's pixel error."""
    mine, theirs = _reconstruction(ours).get("mse"), _reconstruction(encoder).get("mse")
    if mine is None or not theirs:
        return []
    return [("lower error than the encoder's", 1 - mine / theirs, GAIN)]


def _reconstruction(entry: dict[str, Any]) -> dict[str, float]:
    found = {}
    for name, value in entry["reconstruction"].items():
        number = value["mean"] if isinstance(value, dict) else value
        if name not in LEFT_OUT and isinstance(number, float):
            found[name] = number
    return found


def _semantic(entry: dict[str, Any]) -> dict[str, float]:
    """Return the mean average precision, and realism of edits and of interpolations."""
    found = {}
    if entry.get("mean_ap") is not None:
        found["mean average precision"] = entry["mean_ap"]
    within = [figures for stop, figures in realism(entry.get("edits", [])) if stop <= 1]
    for name in within[0] if within else ():
        found[f"edits: {name}"] = sum(figures[name] for figures in within) / len(within)
    for name, value in entry.get("interpolations", {}).items():
        found[f"interpolations: {name}"] = value
    return found

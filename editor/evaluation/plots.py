"""The figures as plots; the only module that knows matplotlib."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from editor.evaluation.edits import ALL, realism
from editor.files import write_whole

KEYS = {
    "flips": "share that flipped",
    "change_of_others": "mean change of other attributes",
    "background_mse": "background, mean squared change",
    "encoder_features": "likeness (encoder features)",
}


def plot_all(result: dict[str, Any], folder: Path) -> list[Path]:
    """Write every plot that the result has figures for.

    Returns:
        Paths of the PNG files.
    """
    made = {"reconstruction.png": _reconstruction(result), "precision_recall.png": _curves(result)}
    made["edits.png"] = _edits(result)
    made["ablation.png"] = _ablation(result)
    paths = []
    for name, figure in made.items():
        if figure is not None:
            buffer = io.BytesIO()
            FigureCanvasAgg(figure).print_png(buffer)
            write_whole(folder / name, buffer.getvalue())
            paths.append(folder / name)
    return paths


def _figure(rows: int, columns: int) -> tuple[Figure, list[Any]]:
    figure = Figure(figsize=(4.2 * columns, 3.4 * rows), dpi=110, layout="constrained")
    return figure, list(figure.subplots(rows, columns, squeeze=False).flat)


def _reconstruction(result: dict[str, Any]) -> Figure | None:
    """Plot error against distance from the domain."""
    found = {
        method: entry["reconstruction"]
        for method, entry in result["methods"].items()
        if {"mse", "code_distance"} <= set(entry["reconstruction"])
    }
    if not found:
        return None
    figure, (axes, *_) = _figure(1, 1)
    for method, entry in found.items():
        x, y = entry["code_distance"], entry["mse"]
        axes.errorbar(
            x["mean"],
            y["mean"],
            xerr=[[x["mean"] - x["low"]], [x["high"] - x["mean"]]],
            yerr=[[y["mean"] - y["low"]], [y["high"] - y["mean"]]],
            fmt="o",
            label=method,
        )
    axes.set(xlabel="‖wp − E(G(wp))‖²", ylabel="pixel MSE", xscale="log")
    axes.legend(fontsize=8)
    return figure


def _curves(result: dict[str, Any]) -> Figure | None:
    """Plot precision over recall, one panel an attribute."""
    methods = result["methods"]
    first = next(iter(methods.values()))["semantics"]
    names = [name for name, entry in first.items() if isinstance(entry, dict)]
    if not names:
        return None
    columns = min(4, len(names))
    figure, axes = _figure(-(-len(names) // columns), columns)
    for name, panel in zip(names, axes, strict=False):
        for method, entry in methods.items():
            curve = entry["semantics"][name]
            label = f"{method} {curve['ap']:.2f}"
            panel.step(
                curve["curve"]["recall"], curve["curve"]["precision"], where="pre", label=label
            )
        panel.axhline(first[name]["chance"], color="0.7", linewidth=1)
        panel.set(title=name, xlabel="recall", ylabel="precision", ylim=(0, 1.02))
        panel.legend(fontsize=7)
    for panel in axes[len(names) :]:
        panel.remove()
    return figure


def _edits(result: dict[str, Any]) -> Figure | None:
    """Plot each figure over distance, averaged over sliders and both ends, with realism last."""
    methods = {m: e["edits"] for m, e in result["methods"].items() if e.get("edits")}
    if not methods:
        return None
    some = next(iter(methods.values()))
    keys = {key: text for key, text in KEYS.items() if any(key in record for record in some)}
    whole = realism(some)
    sets = list(whole[0][1]) if whole else []
    count = len(keys) + len(sets)
    columns = min(3, count)
    figure, axes = _figure(-(-count // columns), columns)
    for method, records in methods.items():
        for key, panel in zip([*keys, *sets], axes, strict=False):
            points: dict[float, list[float]] = {}
            for record in records:
                value = record.get(key)
                if value is not None and (record["slider"] == ALL) == (key in sets):
                    points.setdefault(abs(record["stop"]), []).append(value)
            x = sorted(points)
            panel.plot(x, [sum(points[s]) / len(points[s]) for s in x], "o-", label=method)
            panel.set(xlabel="distance / recommended range", ylabel=keys.get(key, key))
            panel.legend(fontsize=7)
    for panel in axes[count:]:
        panel.remove()
    return figure


def _ablation(result: dict[str, Any]) -> Figure | None:
    """Plot error against distance from the domain, one line a weight, one point a number of iterations."""
    records = result.get("ablation")
    if not records:
        return None
    figure, (axes, *_) = _figure(1, 1)
    for weight in dict.fromkeys(record["weight"] for record in records):
        line = [record for record in records if record["weight"] == weight]
        axes.plot(
            [r["code_distance"] for r in line],
            [r["mse"] for r in line],
            "o-",
            markersize=3,
            label=f"weight {weight:g}",
        )
    last = max(record["iterations"] for record in records)
    for record in records:
        if record["iterations"] == last:
            axes.annotate(str(last), (record["code_distance"], record["mse"]), fontsize=6)
    axes.set(xlabel="‖wp − E(G(wp))‖²", ylabel="pixel MSE", xscale="log")
    axes.legend(fontsize=8)
    return figure

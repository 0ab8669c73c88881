"""The figures as Markdown tables."""

from __future__ import annotations

from typing import Any

from editor.evaluation.claims import claims
from editor.evaluation.edits import ALL, realism
from editor.evaluation.reconstruct import HIGHER_IS_BETTER
from editor.metrics.identity import SAME_PERSON

Row = list[str]
PERSON = ("same_person", "same_person_pasted")  # of edits, where identity is measured
LOWER_IS_BETTER = {"mse", "lpips_vgg", "code_distance"}


def markdown(result: dict[str, Any]) -> str:
    """Return all tables of a result of `evaluate` as Markdown."""
    methods = result["methods"]
    parts = [
        f"# {result['domain']}: {result['photos']} photos\n\n"
        f"{result['device']}, torch {result['torch']}; {result['inversion']['steps']} steps, learning "
        f"rate {result['inversion']['lr']:g}, weights {_weights(result)}; seed {result['plan']['seed']}. "
        f"Fréchet distances on {result['features']} features; sliced Wasserstein distances times 1000. "
        f"Numbers at the end of a name: pictures.",
        "## Reconstruction\n\n" + reconstruction_table(result),
        "## Semantics: average precision of the boundaries on inverted codes\n\n"
        + _by_attribute(methods, "semantics", "ap", "chance"),
    ]
    if isinstance(result["judge"], str):
        parts.append(f"Kept attributes and edits: not measured ({result['judge']}).")
    else:
        parts.append(
            "## Kept: what a judge says alike of photo and reconstruction\n\n"
            "Share of the photos; (r) correlation.\n\n"
            + _by_attribute(methods, "kept", "agreement")
        )
    if any("identity" in entry for entry in methods.values()):
        parts.append("## Identity\n\n" + _identity(result))
    if any("edits" in entry for entry in methods.values()):
        parts.append("## Edits at the recommended range\n\n" + _edits(methods))
    if any("interpolations" in entry for entry in methods.values()):
        parts.append("## Realism of edits and interpolations\n\n" + _realism(result))
    if "ablation" in result:
        parts.append("## Weight of the domain term and iterations\n\n" + _ablation(result))
    if held := claims(result):
        parts.append("## What the method claims\n\n" + _claims(held))
    return "\n\n".join(parts) + "\n"


def _claims(held: list[dict[str, Any]]) -> str:
    rows = [["against", "measure", "in-domain", "the other, or claimed", "holds"]]
    for claim in held:
        numbers = [f"{claim[key]:.4g}" for key in ("ours", "theirs")]
        holds = "yes" if claim["holds"] else "no"
        rows.append([claim["against"], claim["measure"], *numbers, holds])
    return _table(rows)


def reconstruction_table(result: dict[str, Any]) -> str:
    """Tabulate methods by metric with 95% confidence intervals, and set a clearly best one in bold."""
    methods = result["methods"]
    names = list(dict.fromkeys(n for m in methods.values() for n in m["reconstruction"]))
    bold = {name: _clear_best(methods, name) for name in names}
    rows = [["method", *names]]
    for method, entry in methods.items():
        cells = [
            _mark(_cell(entry["reconstruction"].get(name)), bold[name] == method) for name in names
        ]
        rows.append([method, *cells])
    halves = result["halves_of_the_photos"]
    note = "" if result["lpips"] == "measured" else f"\n\nLPIPS is not measured: {result['lpips']}"
    return f"{_table(rows)}\n\nTwo halves of the photos: {_listed(halves)}.{note}"


def _weights(result: dict[str, Any]) -> str:
    weights = result["inversion"]["weights"]
    return ", ".join(f"{name} {value:g}" for name, value in weights.items())


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, dict):
        return f"{value['mean']:.4g} [{value['low']:.4g}, {value['high']:.4g}]"
    return value if isinstance(value, str) else f"{value:.4g}"


def _clear_best(methods: dict[str, Any], name: str) -> str | None:
    """Return the best method whose interval does not meet that of the next, or None."""
    sign = -1 if name in LOWER_IS_BETTER else 1 if name in HIGHER_IS_BETTER else 0
    found = [
        (sign * entry["reconstruction"][name]["mean"], method)
        for method, entry in methods.items()
        if isinstance(entry["reconstruction"].get(name), dict)
    ]
    if sign == 0 or len(found) < 2:
        return None
    (_, second), (_, first) = sorted(found)[-2:]
    a, b = (methods[m]["reconstruction"][name] for m in (first, second))
    clear = a["low"] > b["high"] if sign > 0 else a["high"] < b["low"]
    return first if clear else None


def _mark(text: str, bold: bool) -> str:
    return f"**{text}**" if bold else text


def _by_attribute(methods: dict[str, Any], section: str, key: str, last: str = "") -> str:
    names = list(dict.fromkeys(n for m in methods.values() for n in m.get(section, {})))
    if not names:
        return "No slider to measure."
    rows = [["attribute", *methods, *([last] if last else [])]]
    for name in names:
        entries = [m[section].get(name) for m in methods.values()]
        if isinstance(entries[0], str):
            rows.append([name, *["–"] * len(entries), *([entries[0]] if last else [])])
            continue
        cells = [
            f"{e[key]:.3f}" if key in e else f"{e['correlation']:.3f} (r)" for e in entries if e
        ]
        rows.append([name, *cells, *([f"{entries[0][last]:.3f}"] if last else [])])
    if section == "semantics":
        means = [m["mean_ap"] for m in methods.values()]
        rows.append(["mean", *("–" if v is None else f"{v:.3f}" for v in means), ""])
    return _table(rows)


def _identity(result: dict[str, Any]) -> str:
    rows = [["method", "same person", "mean distance", "photos with a face"]]
    for method, entry in result["methods"].items():
        found = entry["identity"]
        share = "–" if found["same"] is None else f"{found['same']:.1%}"
        rows.append([method, share, _cell(found["distance"]), str(found["photos"])])
    table = _table(rows)
    return (
        f"{table}\n\nBy {result['recogniser']}; the same person below a distance of {SAME_PERSON}."
    )


def _edits(methods: dict[str, Any]) -> str:
    keys = [
        *("flips", "change_of_others", "background_mse", "encoder_features"),
        *(PERSON if any("identity" in entry for entry in methods.values()) else ()),
    ]
    rows = [["slider", "end", "method", *keys]]
    records = [
        (record["slider"], -record["stop"], method, record)
        for method, entry in methods.items()
        for record in entry.get("edits", [])
        if record["slider"] != ALL and abs(record["stop"]) == 1
    ]
    for slider, end, method, record in sorted(records, key=lambda row: row[:2]):
        rows.append(
            [slider, "low" if end > 0 else "high", method, *(_cell(record.get(k)) for k in keys)]
        )
    return _table(rows)


def _realism(result: dict[str, Any]) -> str:
    rows: list[Row] = [["pictures", "method", "distances"]]
    for method, entry in result["methods"].items():
        for stop, figures in realism(entry.get("edits", [])):
            rows.append([f"edits at {stop:g} of the range", method, _listed(figures)])
        if "interpolations" in entry:
            rows.append(["interpolations", method, _listed(entry["interpolations"])])
    return _table(sorted(rows[:1]) + sorted(rows[1:], key=lambda row: row[0]))


def _listed(figures: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in figures.items())


def _ablation(result: dict[str, Any]) -> str:
    rows = [["weight", "iterations", "mse", "code_distance", "mean_ap"]]
    for record in result["ablation"]:
        rows.append([_cell(record[key]) for key in rows[0]])
    return _table(rows)


def _table(rows: list[Row]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return "\n".join(lines)

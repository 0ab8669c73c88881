"""docs/security.md lists every limit as it is."""

from __future__ import annotations

from pathlib import Path

from editor.ui.limits import Limits

PAGE = Path(__file__).resolve().parents[2] / "docs" / "security.md"


def table() -> str:
    """The limits as Markdown."""
    home, rows = Limits.at_home(), []
    for name, field in Limits.__dataclass_fields__.items():
        option, at_home = f"--{name.replace('_', '-')}", getattr(home, name)
        rows.append(f"| `{option}` | {field.metadata['help']} | {field.default:,} | {at_home:,} |")
    head = "| option | what | shared | at home |\n|---|---|---|---|\n"
    return head + "\n".join(rows) + "\n"


def test_the_limits_are_listed() -> None:
    text = PAGE.read_text(encoding="utf-8")
    listed = text.partition("<!-- limits:begin -->\n")[2].partition("<!-- limits:end -->")[0]
    assert listed == table()

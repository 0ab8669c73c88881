"""What the tests themselves keep to."""

from __future__ import annotations

from pathlib import Path

UI = Path(__file__).parent / "ui"
PAUSING = {"test_hour.py"}  # its visitors pause as people do, which is what it measures


def test_browser_tests_wait_for_what_they_want_and_for_no_time() -> None:
    found = {
        f"{path.name}:{number}"
        for path in UI.glob("*.py")
        if path.name not in PAUSING
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "wait_for_timeout(" in line
    }
    assert not found, "wait for a condition instead: see tests/ui/driver.py"

"""What the script of the jobs computes; the jobs themselves take minutes and are run by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
from PIL import Image

from tests.ui.job_hand import counted
from tests.ui.job_photos import widened
from tests.ui.jobs import sizes, table


def test_counts_are_told_in_words_and_in_order() -> None:
    assert counted(Counter(drags=1, opens=2, clicks=3)) == "2 opens, 3 clicks, 1 drag"
    assert counted(Counter()) == "nothing"


def test_a_row_tells_what_a_job_took_or_where_it_failed() -> None:
    result = {"job": "smile", "before": "7 clicks", "aim": "3 clicks", "said": "1 open"}
    result |= {"failed": "", "seconds": {"in all": 1.44}, "notes": ["JPEG"]}
    assert (
        table([result]).splitlines()[-1]
        == "| smile | 7 clicks | 3 clicks | 1 open; in all 1.4 s; JPEG |"
    )
    failed = table([result | {"failed": "failed: no face"}])
    assert "| failed: no face; in all" in failed
    assert "1 open" not in failed


def test_sizes_are_read() -> None:
    assert sizes(["1280x800", "390x844"]) == [(1280, 800), (390, 844)]


def test_a_picture_is_widened_by_its_mirror() -> None:
    square = Image.fromarray(np.random.default_rng(0).integers(0, 255, (16, 16, 3), np.uint8))
    wide = np.asarray(widened(square, 48, 32))
    assert wide.shape == (32, 48, 3)
    assert (wide[:, :8] == wide[:, 8:16][:, ::-1]).all()

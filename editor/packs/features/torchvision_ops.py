"""Lets torchvision be imported beside a torch build that its compiled operators do not fit.

torchvision registers fake versions of two operators at import and fails when their schemas are
missing. Neither operator is used here; lpips needs only torchvision's VGG16.
"""

from __future__ import annotations

import torch

SCHEMAS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
_libraries: list[torch.library.Library] = []


def define_missing_ops() -> None:
    """Define the schemas of torchvision::nms and ::qnms where they are missing."""
    if _libraries:
        return
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name, schema in SCHEMAS.items():
            if not hasattr(torch.ops.torchvision, name):
                library.define(schema)
        _libraries.append(library)

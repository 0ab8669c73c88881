"""What domain.json says of a pack, and which packs there are."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from editor.errors import OptionError, PackError, PackNotFoundError, WeightsError
from editor.geometry import TIGHT, Alignment
from editor.packs.verdict import Verdict

PROJECT = Path(__file__).resolve().parents[2]
CHECKPOINTS = PROJECT / "checkpoints"
BOUNDARIES = PROJECT / "boundaries"
NO_ENCODER = (
    "This model has no encoder: photos are fitted from its mean picture, which takes longer, and edits of "
    "them hold less well."
)
INVERSION = ("steps", "lr", "pix", "feat", "domain")  # a domain's own options of an inversion


@dataclass(frozen=True)
class DomainInfo:
    """What domain.json says.

    Attributes:
        name: the folder's name, such as faces64.
        title: a person's words for it.
        subject: what its pictures show, singular: "face", "scene".
        licence: of the weights.
        files: for each network its size in bytes and sha256.
        example_seeds: seeds of generated pictures that show the domain well.
        typical: inversion losses of photos that the domain knows, such as loss_pix_p95.
        inversion: options of an inversion where they differ from the usual: steps, lr, and the
            weights pix, feat and domain.
        landmarks: where its aligned pictures have "left_eye", "right_eye" and "mouth" (as seen), as
            [x, y] in shares of the side; empty for what has none.
        alignment: how its squares lie around a face; None where it does not say.
        verdict: judges inversions; None where it was not fitted.
    """

    name: str
    title: str
    subject: str
    resolution: int
    num_ws: int
    w_dim: int
    licence: str
    files: dict[str, dict[str, Any]]
    example_seeds: list[int] = field(default_factory=lambda: [0, 1, 2])
    typical: dict[str, float] = field(default_factory=dict)
    inversion: dict[str, float] = field(default_factory=dict)
    landmarks: dict[str, list[float]] = field(default_factory=dict)
    alignment: Alignment | None = None
    verdict: Verdict | None = None
    schema: int = 1

    @property
    def squares(self) -> Alignment | None:
        """Return how its squares lie around a face: tight where a pack of faces does not say, else None."""
        return self.alignment or (TIGHT if self.subject == "face" else None)

    @property
    def has_encoder(self) -> bool:
        """Return whether it has an encoder; without one, inversions begin at the mean code."""
        return "encoder.safetensors" in self.files

    @classmethod
    def from_json(cls, text: str) -> DomainInfo:
        """Read what `to_json` wrote.

        Raises:
            ValueError: it is not JSON.
            TypeError: it is not an object of these names.
            OptionError: the alignment or the verdict is impossible.
        """
        values = json.loads(text)
        if "verdict" in values:
            values["verdict"] = Verdict.of(values["verdict"])
        if "alignment" in values:
            values["alignment"] = Alignment.of(values["alignment"])
        return cls(**values)

    def to_json(self) -> str:
        """Return the text of domain.json."""
        values = asdict(self)
        if self.alignment is None:
            del values["alignment"]
        else:
            values["alignment"] = self.alignment.values()
        if self.verdict is None:
            del values["verdict"]
        else:
            values["verdict"] = self.verdict.values()
        return json.dumps(values, indent=2) + "\n"


def list_domains(root: Path = CHECKPOINTS) -> list[str]:
    """Return the names of all packs under a folder, sorted."""
    return sorted(path.parent.name for path in root.glob("*/domain.json"))


def read_info(name: str, root: Path = CHECKPOINTS) -> DomainInfo:
    """Read a pack's domain.json.

    Raises:
        PackNotFoundError: there is no such pack.
        PackError: domain.json cannot be understood.
    """
    file = root / name / "domain.json"
    if not name or Path(name).name != name or not file.is_file():
        known = ", ".join(list_domains(root)) or "none"
        raise PackNotFoundError(
            f"domain '{name}' was not found in {root}; found: {known}. Choose one of these, or "
            f"train it: python -m editor train-generator --help"
        )
    try:
        info = DomainInfo.from_json(file.read_text(encoding="utf-8"))
    except (ValueError, TypeError, OSError, OptionError) as error:
        raise PackError(f"{file} cannot be read ({error}). Restore it from the release.") from error
    if info.schema != 1 or info.name != name or not isinstance(info.files, dict):
        raise PackError(
            f"{file} says name '{info.name}' and schema {info.schema}; expected '{name}' and 1. "
            f"Restore it from the release."
        )
    return info


def info_of(folder: Path) -> DomainInfo | None:
    """Return what the domain.json of a folder says; None where it is no pack, but the folder of a run.

    Raises:
        PackError: domain.json cannot be understood.
    """
    if not (folder / "domain.json").is_file():
        return None
    folder = folder.resolve()
    return read_info(folder.name, folder.parent)


def network_file(folder: Path, kind: str) -> Path | None:
    """Return the file of a network in a pack or in the folder of a run; None where it has none.

    A pack has what its domain.json lists: a file that it does not list is left of an older pack.

    Raises:
        PackError: domain.json cannot be understood.
    """
    info, file = info_of(folder), folder / f"{kind}.safetensors"
    return file if (file.is_file() if info is None else file.name in info.files) else None


def needed_file(folder: Path, kind: str) -> Path:
    """Return where the file of a network is in a pack or in the folder of a run.

    Raises:
        WeightsError: the folder is a pack whose domain.json lists none.
        PackError: domain.json cannot be understood.
    """
    info, file = info_of(folder), folder / f"{kind}.safetensors"
    if info is not None and file.name not in info.files:
        raise WeightsError(f"the pack {folder} has no {kind}; give the folder of one that has")
    return file

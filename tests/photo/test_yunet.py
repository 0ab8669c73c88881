"""YuNet: the formula without OpenCV, the reading of its answers with a stand-in, and the file itself."""

from __future__ import annotations

import importlib.util
import json
import math
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from editor import Domains, Editor
from editor.cli import main
from editor.errors import OptionError, UnavailableError, WeightsError
from editor.evaluation.aligner import CHANGES, measure_photos, measure_without
from editor.geometry import FFHQ, TIGHT, Pose
from editor.photo.detect import crop_of
from editor.photo.yunet import SURE, YuNetFinder
from tests.conftest import SHARED, picture_of, write_tiny_pack

FILE = SHARED / "yunet_n_dynamic.onnx"
PHOTOS = SHARED / "photos_unaligned.zip"
needs_opencv = pytest.mark.skipif(
    importlib.util.find_spec("cv2") is None, reason="needs opencv-python-headless"
)
# an upright face: eyes 40 px apart at height 60, mouth 50 px below them
UPRIGHT = np.array([[80.0, 60], [120, 60], [100, 85], [85, 110], [115, 110]])


def _written_out(landmarks: np.ndarray) -> np.ndarray:
    """The data's recipe word for word: corners [4, 2] by vectors."""
    right_eye, left_eye, _, right_mouth, left_mouth = landmarks
    ec, mc = (right_eye + left_eye) / 2, (right_mouth + left_mouth) / 2
    e2e, e2m = left_eye - right_eye, mc - ec
    x = e2e - np.array([-e2m[1], e2m[0]])
    x /= np.linalg.norm(x)
    x *= max(2.0 * np.linalg.norm(e2e), 1.8 * np.linalg.norm(e2m)) * 0.64
    y = np.array([-x[1], x[0]])
    c = ec + 0.36 * e2m
    return np.stack([c - x - y, c - x + y, c + x + y, c + x - y])


def _turned(points: np.ndarray, degrees: float) -> np.ndarray:
    a = math.radians(degrees)
    return points @ np.array([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]])


def test_the_square_of_an_upright_face() -> None:
    pose = TIGHT.square(UPRIGHT.tolist())
    half = 0.64 * max(2 * 40, 1.8 * 50)
    assert (pose.x, pose.y, pose.side) == pytest.approx((100, 60 + 0.36 * 50, 2 * half))
    assert pose.angle == pytest.approx(0)
    wide = UPRIGHT * [2, 1]  # now the eyes' distance decides
    assert TIGHT.square(wide.tolist()).side == pytest.approx(2 * 0.64 * 2 * 80)


@pytest.mark.parametrize("degrees", [0, 15, -30, 90, 170])
def test_the_square_turns_with_the_face(degrees: float) -> None:
    rng = np.random.default_rng(3)
    points = _turned(UPRIGHT + rng.normal(0, 4, (5, 2)), degrees)
    corners = TIGHT.square(points.tolist()).quad()
    assert np.allclose(corners, _written_out(points), atol=1e-6)
    still = TIGHT.square(UPRIGHT.tolist())
    turned = TIGHT.square(_turned(UPRIGHT, degrees).tolist())
    assert math.degrees(turned.angle - still.angle) == pytest.approx(degrees)
    assert turned.side == pytest.approx(still.side)


@pytest.mark.skipif(not PHOTOS.exists(), reason="needs ../shared")
def test_the_square_is_the_one_of_the_data() -> None:
    with zipfile.ZipFile(PHOTOS) as archive:
        known = json.loads(archive.read("alignment.json"))
    for entry in list(known.values())[::10]:
        corners = TIGHT.square(entry["landmarks"]).quad()
        assert np.allclose(corners, entry["quad"], atol=0.05)  # landmarks are rounded to 0.01


class _StandIn:
    """Answers like OpenCV: one face of a 400×200 photo; in the larger picture a surer one, and noise."""

    class Error(Exception):
        pass

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []
        self.red: list[int] = []
        self.utils = SimpleNamespace(
            logging=SimpleNamespace(setLogLevel=lambda level: None, LOG_LEVEL_SILENT=0)
        )
        self.error, self.__version__ = self.Error, "stand-in"
        self.FaceDetectorYN = SimpleNamespace(create=lambda *given: self)

    def setInputSize(self, size: tuple[int, int]) -> None:
        self.sizes.append(size)

    def detect(self, pixels: np.ndarray) -> tuple[int, np.ndarray]:
        assert pixels.flags.c_contiguous
        assert pixels.shape == (self.sizes[-1][1], self.sizes[-1][0], 3)
        self.red.append(int(pixels[0, 0, 2]))
        scale = pixels.shape[1] / 400
        rows = np.zeros((2, 15), np.float32)
        rows[0, 4:14] = (UPRIGHT * scale).ravel()
        rows[0, 14] = 0.8 if len(self.sizes) == 1 else 0.9
        rows[1, 4:14] = (UPRIGHT * 0.3 * scale + [200 * scale, 100 * scale]).ravel()
        rows[1, 14] = 0.5
        return 2, rows


def _faces(photo: Image.Image, file: Path, least: float = SURE, alignment=TIGHT) -> list:
    return [one for one in YuNetFinder(file, alignment).find(photo) if one[1] >= least]


@pytest.fixture
def stand_in(monkeypatch) -> _StandIn:
    module = _StandIn()
    monkeypatch.setitem(sys.modules, "cv2", module)
    return module


def test_answers_become_squares_of_the_photo(stand_in: _StandIn, tmp_path: Path) -> None:
    file = tmp_path / "yunet.onnx"
    file.write_bytes(b"anything")
    photo = Image.new("RGB", (400, 200), (255, 0, 0))
    ((crop, confidence),) = _faces(photo, file)
    assert confidence == pytest.approx(0.9)
    assert stand_in.sizes == [(320, 160), (640, 320)]
    assert stand_in.red == [255, 255]  # OpenCV's order is blue, green, red
    assert np.allclose(crop.quad(400, 200), _written_out(UPRIGHT), atol=1e-3)
    both = _faces(photo, file, least=0.0)
    assert [round(chance, 3) for _, chance in both] == [0.9, 0.5]
    assert SURE > 0.5


def test_align_takes_yunet_where_it_is_asked_to(
    stand_in: _StandIn, tiny: Editor, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(Editor, "open", classmethod(lambda *_: tiny))
    file, photo, out = tmp_path / "yunet.onnx", tmp_path / "photo.png", tmp_path / "out"
    file.write_bytes(b"anything")
    Image.new("RGB", (400, 200), (255, 0, 0)).save(photo)
    shared = ["align", str(photo), "--domain", "tiny", "--size", "32", "--out", str(out)]
    assert main(shared) == 1
    assert "no aligner" in capsys.readouterr().err
    assert main([*shared, "--yunet", str(file)]) == 0
    assert picture_of(out / "photo.png").size == (32, 32)
    (place,) = json.loads((out / "places.json").read_text())["photo.png"]
    assert place["x"] * 400 == pytest.approx(100, abs=0.1)
    assert main([*shared, "--yunet", str(tmp_path / "none.onnx")]) == 1
    assert "none.onnx cannot be read" in capsys.readouterr().err


def test_yunet_gives_the_squares_of_the_pack(
    stand_in: _StandIn, tiny: Editor, tmp_path: Path, monkeypatch
) -> None:
    """A pack of whole heads gets larger squares, whose centres lie higher, from the same faces."""
    heads = replace(tiny.info, alignment=FFHQ)
    monkeypatch.setattr(tiny.engine, "pack", replace(tiny.engine.pack, info=heads))
    monkeypatch.setattr(Editor, "open", classmethod(lambda *_: tiny))
    file, photo, out = tmp_path / "yunet.onnx", tmp_path / "photo.png", tmp_path / "out"
    file.write_bytes(b"anything")
    Image.new("RGB", (400, 200), (255, 0, 0)).save(photo)
    command = ["align", str(photo), "--domain", "tiny", "--out", str(out), "--yunet", str(file)]
    assert main(command) == 0
    (place,) = json.loads((out / "places.json").read_text())["photo.png"]
    wanted = FFHQ.square(UPRIGHT.tolist())
    assert place["side"] * 200 == pytest.approx(wanted.side, abs=0.1)
    assert place["y"] * 200 == pytest.approx(wanted.y, abs=0.1)
    stand_in.sizes.clear()
    ((crop, _),) = _faces(picture_of(photo), file, alignment=FFHQ)
    assert (crop.side, crop.y) == pytest.approx((place["side"], place["y"]))


def test_the_page_reads_yunet_once_for_domains_of_faces(
    stand_in: _StandIn, tiny_root: Path, tmp_path: Path
) -> None:
    file, made = tmp_path / "yunet.onnx", []
    file.write_bytes(b"anything")
    create = stand_in.FaceDetectorYN.create
    stand_in.FaceDetectorYN.create = lambda *given: made.append(given) or create(*given)
    write_tiny_pack(tiny_root, "heads")
    info = tiny_root / "checkpoints" / "heads" / "domain.json"
    info.write_text(json.dumps(json.loads(info.read_text()) | {"subject": "face"}))
    domains = Domains.at(tiny_root, "cpu", file)
    photo = Image.new("RGB", (400, 200), (255, 0, 0))
    assert domains.open("tiny").find(photo) == [], "no faces are looked for in scenes"
    assert not domains.open("tiny").finds
    ((crop, confidence),) = domains.open("heads").find(photo)
    assert confidence == pytest.approx(0.9)
    assert np.allclose(crop.quad(400, 200), _written_out(UPRIGHT), atol=1e-3)
    assert domains.open("heads").finds
    assert len(made) == 1
    with pytest.raises(WeightsError, match=r"none\.onnx"):
        Domains.at(tiny_root, "cpu", tmp_path / "none.onnx")


def test_without_opencv_the_error_says_how_to_install_it(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(UnavailableError, match="pip install opencv-python-headless"):
        _faces(Image.new("RGB", (64, 64)), tmp_path / "yunet.onnx")


def _field(number: int, value: bytes | int) -> bytes:
    """One field of a protocol buffer, short."""
    if isinstance(value, int):
        return bytes([number << 3, value])
    return bytes([number << 3 | 2, len(value)]) + value


def _another_network() -> bytes:
    """A sound ONNX file that is no YuNet: y = relu(x)."""
    sides = b"".join(_field(1, _field(1, n)) for n in (1, 3, 32, 32))
    kind = _field(2, _field(1, _field(1, 1) + _field(2, sides)))
    node = _field(1, b"x") + _field(2, b"y") + _field(4, b"Relu")
    graph = _field(1, node) + _field(2, b"g")
    graph += _field(11, _field(1, b"x") + kind) + _field(12, _field(1, b"y") + kind)
    return _field(1, 7) + _field(7, graph) + _field(8, _field(2, 11))


@needs_opencv
@pytest.mark.parametrize("content", [b"", b"not a network" * 40, _another_network()])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "other.onnx"
    file.write_bytes(content)
    with pytest.raises(WeightsError, match=r"other\.onnx is not a YuNet"):
        _faces(Image.new("RGB", (64, 64)), file)


@needs_opencv
@pytest.mark.skipif(not FILE.exists() or not PHOTOS.exists(), reason="needs ../shared")
def test_yunet_finds_faces_where_the_data_says() -> None:
    def find(photo: Image.Image, least: float) -> list:
        return _faces(photo, FILE, least)

    changes = ["as it is", "4 times the size"]
    for record in measure_photos(find, PHOTOS, ["test/"], SURE, 12, changes):
        assert record["found"] == 1.0, record
        assert record["corner_error"] < 0.06, record
    assert _faces(Image.new("RGB", (300, 200), (90, 120, 160)), FILE) == []


def _zip_of(path: Path, quad: list[list[float]]) -> Path:
    Image.new("RGB", (300, 200), (9, 9, 9)).save(path.with_suffix(".png"))
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("test/a_1.png", "test/a_2.png", "test/b_1.png"):
            archive.write(path.with_suffix(".png"), name)
        names = ("test/a_1.png", "test/a_2.png", "test/b_1.png")
        archive.writestr("alignment.json", json.dumps({name: {"quad": quad} for name in names}))
    return path


@pytest.mark.parametrize(
    ("change", "factor"), [("as it is", 1.0), ("half the size", 0.5), ("1,000 px", 1000 / 300)]
)
def test_figures_of_a_finder_of_known_errors(tmp_path: Path, change: str, factor: float) -> None:
    """Three photos: exact but unsure, 20% too far right, and nothing."""
    from editor.photo.crop import Crop

    path = _zip_of(tmp_path / "p.zip", [[110, 60], [110, 160], [210, 160], [210, 60]])
    exact, off = Crop(160 / 300, 110 / 200, 0.5), Crop(180 / 300, 110 / 200, 0.5)
    answers = iter([[(off, 0.99)], [(Crop(0.1, 0.1, 0.5), 0.9), (exact, 0.4)], []])
    sizes = []

    def find(photo: Image.Image, least: float) -> list[tuple[Crop, float]]:
        assert least == 0
        sizes.append(photo.size)
        return next(answers)

    first, second, both = measure_photos(find, path, ["test/a_", "test/b_"], 0.5, None, [change])
    assert sizes == [(round(300 * factor), round(200 * factor))] * 3
    assert (first["count"], second["count"], both["count"]) == (2, 1, 3)
    assert (first["found"], first["found_any"]) == (0.5, 1.0)
    assert first["corner_error"] == pytest.approx(0.2, rel=1e-4)
    assert first["corner_error_any"] == pytest.approx(0.1, abs=1e-3)
    assert (first["under_10_percent"], first["under_10_percent_any"]) == (0.0, 0.5)
    assert first["first_is_right"] == 0.5
    assert (second["found"], second["corner_error"]) == (0.0, None)
    assert both["found_any"] == pytest.approx(2 / 3)
    assert both["confidences"] == [0.0, 0.4, 0.99]
    assert both["unsure"] == ["test/a_2.png", "test/b_1.png"]
    assert both["poor"] == [("test/b_1.png", None), ("test/a_1.png", pytest.approx(0.2))]


def test_a_change_moves_the_true_square_with_the_photo() -> None:
    """A bright dot at the true corner stays at the corner, however the photo is changed."""
    pose = Pose(130, 90, 60, 0.2)
    for name, change in CHANGES.items():
        grey = Image.new("RGB", (240, 200), (60, 60, 60))
        for x, y in pose.quad()[:1]:
            grey.paste((255, 0, 0), (round(x) - 2, round(y) - 2, round(x) + 2, round(y) + 2))
        changed, moved = change(grey, pose)
        x, y = moved.quad()[0]
        array = np.asarray(changed).astype(int)
        rows, columns = np.nonzero(array[..., 0] - array[..., 1] > 90)
        reach = 1.5 * max(1.0, moved.side / pose.side)
        assert abs(columns.mean() + 0.5 - x) < reach, name
        assert abs(rows.mean() + 0.5 - y) < reach, name


def test_false_finds_are_counted_at_both_thresholds() -> None:
    from editor.photo.crop import Crop

    answers = iter([[(Crop(), 0.97)], [(Crop(), 0.5)], [], []])
    seen = []

    def find(photo: Image.Image, least: float) -> list[tuple[Crop, float]]:
        seen.append(photo.size)
        return next(answers)

    pictures = [Image.new("RGB", (32, 32))] * 4
    record = measure_without(find, pictures, 0.95)
    assert (record["share"], record["share_any"], record["pictures"]) == (0.25, 0.5, 4)
    assert seen == [(512, 512)] * 4


def test_what_cannot_be_measured_is_refused(tmp_path: Path) -> None:
    path = _zip_of(tmp_path / "p.zip", [[0, 0], [0, 9], [9, 9], [9, 0]])
    for given, text in (
        ((path, ["train/"], 0.5), "train/"),
        ((path, ["test/"], 0.5, None, ["sideways"]), "sideways"),
        ((tmp_path / "p.png", ["test/"], 0.5), r"alignment\.json"),
    ):
        with pytest.raises(OptionError, match=text):
            list(measure_photos(lambda photo, least: [], *given))


@pytest.mark.parametrize("alignment", [None, "0.64 0.36", "1.0 0.1"])
def test_the_command_measures_against_squares_of_the_alignment(
    stand_in: _StandIn, tiny: Editor, tmp_path: Path, monkeypatch, alignment: str | None
) -> None:
    """YuNet and the true squares take the same numbers; the tight quads are in the file."""
    monkeypatch.setattr(Editor, "open", classmethod(lambda *_: tiny))
    picture, photos, out = tmp_path / "a.png", tmp_path / "p.zip", tmp_path / "out.json"
    Image.new("RGB", (400, 200), (255, 0, 0)).save(picture)
    entry = {"quad": _written_out(UPRIGHT).tolist(), "landmarks": UPRIGHT.tolist()}
    with zipfile.ZipFile(photos, "w") as archive:
        archive.write(picture, "test/a.png")
        archive.writestr("alignment.json", json.dumps({"test/a.png": entry}))
    (tmp_path / "yunet.onnx").write_bytes(b"anything")
    command = ["measure-aligner", "--domain", "tiny", "--photos", str(photos), "--out", str(out)]
    command += ["--yunet", str(tmp_path / "yunet.onnx"), "--changes", "as it is"]
    more = [] if alignment is None else ["--alignment", *alignment.split()]
    assert main([*command, *more]) == 0
    (record,) = json.loads(out.read_text())
    assert record["found"] == 1.0
    assert record["corner_error"] < 1e-4


def test_true_squares_are_those_of_the_alignment(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    Image.new("RGB", (400, 200)).save(tmp_path / "a.png")
    entry = {"quad": _written_out(UPRIGHT).tolist(), "landmarks": UPRIGHT.tolist()}
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(tmp_path / "a.png", "test/a.png")
        archive.writestr("alignment.json", json.dumps({"test/a.png": entry}))

    def find(photo: Image.Image, least: float) -> list:
        return [(crop_of(TIGHT.square(UPRIGHT.tolist()), *photo.size), 0.9)]

    given = find, path, ["test/"], 0.5, None, ["as it is"]
    ((tight,), (head,)) = (list(measure_photos(*given, wished)) for wished in (TIGHT, FFHQ))
    assert tight["corner_error"] < 1e-6
    assert head["corner_error"] > 0.1, "a tight square is no head's"
    path = _zip_of(tmp_path / "q.zip", entry["quad"])
    with pytest.raises(OptionError, match="no landmarks"):
        list(measure_photos(find, path, ["test/"], 0.5, alignment=FFHQ))

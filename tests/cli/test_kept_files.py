"""No result is written over a file that was given, over another's, or over what somebody made or changed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from editor import Editor
from editor.cli import main
from editor.cli.batch import check_targets
from editor.cli.photo_job import PhotoJob, inversion_job
from editor.cli.result_names import further_names, result_names
from editor.errors import OptionError
from editor.photo.crop import Crop
from editor.photo.finder import SureAgain
from tests.conftest import picture_of

LEFT, RIGHT = Crop(0.25, 0.5, 0.4), Crop(0.75, 0.5, 0.4)


class _Finder:
    """Finds two squares in any photo."""

    key, sure, sure_again = "two", 0.5, SureAgain(0.5, 0.5)

    def find(self, _: Image.Image) -> list[tuple[Crop, float]]:
        return [(RIGHT, 0.9), (LEFT, 0.8)]


@pytest.fixture
def home(tiny: Editor, monkeypatch: pytest.MonkeyPatch) -> Editor:
    tiny.finder = _Finder()
    monkeypatch.setattr(Editor, "open", lambda *_, **__: tiny)
    return tiny


def _photo(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (40, 60, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def _run(command: str, out: Path, *given: Path | str) -> int:
    more = [] if command == "align" else ["--steps", "0"]
    more += ["--move", "smile=2"] if command == "edit" else []
    return main([command, *map(str, given), "--domain", "tiny", "--out", str(out), *more])


def _named(further: str, *names: str) -> dict[str, str]:
    return {p.as_posix(): n for p, n in result_names([Path(n) for n in names], further).items()}


def test_further_results_meet_no_other_name() -> None:
    numbered, faces = further_names("align", ""), further_names("edit", "all")
    collages = further_names("diffuse", "2")
    assert _named("", "IMG.jpg", "IMG_1.jpg") == {"IMG.jpg": "IMG", "IMG_1.jpg": "IMG_1"}
    assert _named(numbered, "IMG.jpg", "img_1.jpg") == {"IMG.jpg": "IMG_jpg", "img_1.jpg": "img_1"}
    assert _named(numbered, "x/a.jpg", "y/a.jpg", "z/a.jpg", "a_2.png") == {
        "a_2.png": "a_2",
        "x/a.jpg": "a_jpg",
        "y/a.jpg": "a_jpg-2",
        "z/a.jpg": "a_jpg-3",
    }
    assert _named(faces, "a.jpg", "a_face1.npz")["a.jpg"] == "a_jpg"
    assert _named(collages, "a.jpg", "a_face2_collage.jpg")["a.jpg"] == "a_jpg"
    assert further_names("edit", "largest") == further_names("invert", "") == ""


def test_align_tells_the_second_square_of_one_photo_from_another_photo(
    home: Editor, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    photos = [_photo(tmp_path / f"{name}.png", i) for i, name in enumerate(["IMG", "IMG_1"])]
    assert _run("align", out, *photos) == 0
    files = {path.name for path in out.glob("*.png")}
    assert files == {"IMG_png.png", "IMG_png_1.png", "IMG_1.png", "IMG_1_1.png"}
    assert len({(out / name).read_bytes() for name in files}) == 4
    assert set(json.loads((out / "places.json").read_text())) == {"IMG.png", "IMG_1.png"}


def test_places_hold_photos_of_one_name(home: Editor, tmp_path: Path) -> None:
    out = tmp_path / "out"
    photos = [_photo(tmp_path / folder / "a.png", i) for i, folder in enumerate("xy")]
    crops = {photos[0].read_bytes(): LEFT, photos[1].read_bytes(): RIGHT}
    seen = {data: np.asarray(picture_of(p)) for p, data in zip(photos, crops, strict=True)}

    def find(image: Image.Image) -> list[tuple[Crop, float]]:
        return [
            (crops[data], 0.9)
            for data, pixels in seen.items()
            if np.array_equal(pixels, np.asarray(image))
        ]

    home.finder.find = find  # type: ignore[method-assign]
    assert _run("align", out, *photos) == 0
    places = json.loads((out / "places.json").read_text())
    assert {name: one["x"] for name, (one,) in places.items()} == {"a.png": 0.25, "a_png": 0.75}
    assert {path.stem for path in out.glob("*.png")} == {"a", "a_png"}


def test_a_given_code_is_written_over_by_its_own_alone(home: Editor, tmp_path: Path) -> None:
    out = tmp_path / "out"
    photo = _photo(tmp_path / "a.png", 0)
    given = [out / "a_face1.npz", out / "b.npz", tmp_path / "in" / "b.npz"]
    for seed, code in enumerate(given):
        home.save_code(home.sample(seed), code)
    before = [code.read_bytes() for code in given]
    assert _run("edit", out, photo, given[0], "--all-faces") == 0
    assert {path.stem for path in out.glob("*_face*.npz")} == {
        "a_face1",
        "a_png_face1",
        "a_png_face2",
    }
    reopened = home.open_code(given[0])
    assert np.array_equal(reopened.wp, home.sample(0).wp), "its own, with the slider moved"
    with pytest.raises(OptionError, match="would be overwritten"):
        check_targets(given[1:], out)
    check_targets(given[1:], tmp_path / "elsewhere")
    assert [code.read_bytes() for code in given[1:]] == before[1:]


def test_what_differs_in_case_alone_is_one_file(tmp_path: Path) -> None:
    photo = tmp_path / "in" / "img.jpg"
    for given in (tmp_path / "IMG.PNG", tmp_path / "Img.NPZ"):
        with pytest.raises(OptionError, match="would be overwritten"):
            check_targets([photo], tmp_path, given=[given])


def test_mask_and_target_are_kept(home: Editor, tmp_path: Path, capsys) -> None:
    photo, out = _photo(tmp_path / "a.png", 0), tmp_path / "out"
    mask = _photo(out / "a.png", 1)
    target = _photo(out / "a_collage.png", 2)
    before = mask.read_bytes(), target.read_bytes()
    assert _run("edit", out, photo, "--mask", mask) == 1
    other = _photo(tmp_path / "b.png", 3)
    assert _run("diffuse", out, "--target", other, "--context", photo, "--mask", mask) == 1
    assert _run("diffuse", out, "--target", target, "--context", photo) == 1
    assert capsys.readouterr().err.count("overwritten; choose another --out") == 3
    assert (mask.read_bytes(), target.read_bytes()) == before


def test_the_whole_photo_keeps_clear_of_the_results_of_others(home: Editor, tmp_path: Path) -> None:
    out = tmp_path / "out"
    photos = [_photo(tmp_path / f"{name}.png", i) for i, name in enumerate(["a", "a smile+2"])]
    assert _run("edit", out, *photos) == 0
    assert {path.name for path in out.glob("*smile*.png")} == {
        "a smile+2 (2).png",
        "a smile+2.png",
        "a smile+2 smile+2.png",
    }
    assert picture_of(out / "a smile+2 (2).png").size == (60, 40)
    assert picture_of(out / "a smile+2.png").size == (home.info.resolution,) * 2


def test_an_earlier_result_is_made_anew_unless_it_was_retouched_or_given(
    home: Editor, tmp_path: Path
) -> None:
    photo, out = _photo(tmp_path / "a.jpg", 0), tmp_path / "out"
    first, second = out / "a smile+2.jpg", out / "a smile+2 (2).jpg"
    assert _run("edit", out, photo) == 0
    assert _run("edit", out, photo, "--redo") == 0
    assert list(out.glob("*.jpg")) == [first]
    before = first.stat().st_mtime_ns
    assert _run("edit", out, photo, first, "--redo") == 0
    further = out / "a smile+2 smile+2.jpg"
    assert set(out.glob("*.jpg")) == {first, second, further}
    assert first.stat().st_mtime_ns == before
    retouched = _photo(second, 5).read_bytes()
    first.unlink()
    assert _run("edit", out, photo, "--redo") == 0
    second.rename(first)
    assert _run("edit", out, photo, "--redo") == 0
    assert first.read_bytes() == retouched


@pytest.mark.parametrize("own", [["a"], {"a": "b"}, {"a": [1]}, {"a": []}])
@pytest.mark.parametrize("name", ["names.json", "done.json", "places.json"])
def test_a_file_of_somebodys_own_stays(
    home: Editor, tmp_path: Path, capsys, name: str, own: object
) -> None:
    photo, out = _photo(tmp_path / "a.png", 0), tmp_path / "out"
    out.mkdir()
    if (name, own) == ("places.json", {"a": []}):
        pytest.skip("a photo in which nothing was found")
    (out / name).write_text(json.dumps(own))
    command = "align" if name == "places.json" else "edit"
    status = _run(command, out, photo)
    assert json.loads((out / name).read_text()) == own
    if name != "names.json":
        assert status == 1
        assert "choose another --out, or move it away" in capsys.readouterr().err
        assert not list(out.glob("*.png"))


def test_a_code_is_one_in_any_case(home: Editor, tmp_path: Path) -> None:
    code = tmp_path / "X.NPZ"
    home.save_code(home.sample(3), tmp_path / "x.npz")
    (tmp_path / "x.npz").rename(code)
    plain = tmp_path / "plain.png"
    Image.new("RGB", (64, 64), (90, 120, 160)).save(plain)
    assert _run("edit", tmp_path / "out", code, plain, "--all-faces") == 0
    assert {path.name for path in (tmp_path / "out").glob("X*")} == {"X.png", "X.npz"}


def test_all_sliders_count_where_a_code_of_any_case_is_opened(tiny: Editor) -> None:
    from editor.cli import parser

    args = parser().parse_args(["edit", "x", "--move", "smile=1", "--out", "o"])
    jobs: list[PhotoJob] = [
        inversion_job(args, tiny, [Path(name)], {"smile": 1.0}) for name in ("x.npz", "X.NPZ")
    ]
    assert jobs[0].sliders == jobs[1].sliders
    assert len(jobs[1].sliders) == 2

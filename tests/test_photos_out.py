"""A photo of every kind goes in and comes back as it came: in Python, on the command line, from the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from editor import Editor
from editor.cli import main
from editor.editing.edit import Edit
from editor.media.images import to_tensor
from editor.media.profiles import as_srgb, conversion
from editor.photo.crop import Crop
from editor.photo.photo import Photo
from editor.project.actions import add_edit
from editor.project.history import Project
from editor.ui.film import small_photo
from editor.ui.handler_base import REPLACE
from editor.ui.handlers import Handlers, _pasted
from editor.ui.stage_values import _composed, _small_clear
from tests.colour_profiles import adobe_rgb, display_p3

SIZE = (64, 80)
CROP = Crop(0.5, 0.45, 0.8)


def colours(seed: int = 0) -> Image.Image:
    """Colours that every profile can say, without edges that a JPEG would blur."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(90, 170, (10, 8, 3)).astype(np.uint8)
    return Image.fromarray(coarse).resize(SIZE, Image.Resampling.BICUBIC)


def written(path: Path, image: Image.Image, **options: Any) -> Path:
    image.save(path, **options)
    return path


def edited(tiny: Editor, photo: Path) -> Edit:
    options = replace(tiny.engine.inversion, steps=0)
    return tiny.invert(photo, CROP, options).move(smile=4.0)


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
    return image


def array(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB")).astype(int)


@pytest.mark.parametrize("way", ["save", "paste", "page"])
def test_colours_that_are_hidden_have_no_say_where_the_square_is_replaced(
    tiny: Editor, tmp_path: Path, way: str
) -> None:
    """A portrait with black under its transparency is not laid in darker than one with grey there."""
    alpha = Image.new("L", SIZE, 0)
    alpha.paste(255, (12, 12, 52, 64))
    made = []
    for name, hidden in (("grey", (128, 128, 128)), ("black", (0, 0, 0))):
        clear = Image.composite(colours(), Image.new("RGB", SIZE, hidden), alpha)
        clear.putalpha(alpha)
        photo = written(tmp_path / f"{name}.png", clear)
        edit = edited(tiny, photo)
        if way == "save":
            tiny.save_photo(edit, tmp_path / "made.png", "replace")
            made.append(array(opened(tmp_path / "made.png")))
        elif way == "paste":
            made.append(array(tiny.paste(edit, "replace")))
        else:
            project = Project("tiny", tiny.engine.fingerprint)
            project = add_edit(project, tiny, edit, "clear", str(photo))
            clear = lambda picture: _small_clear(picture.photo)  # noqa: E731
            uri = _composed(edit, project.shown, partial(_pasted, tiny, REPLACE), clear)
            data = base64.b64decode(uri.partition(",")[2])
            made.append(array(Image.open(io.BytesIO(data))))
    seen = np.asarray(alpha) == 255
    assert np.abs(made[0] - made[1])[seen].max() <= 3, "but for the resampled edge"


def test_a_cut_out_comes_back_with_its_alpha(tiny: Editor, tmp_path: Path) -> None:
    alpha = colours(1).convert("L").point(lambda v: 0 if v < 120 else min(255, (v - 110) * 6))
    clear = colours()
    clear.putalpha(alpha)
    photo = written(tmp_path / "cut out.png", clear)
    edit = edited(tiny, photo)
    tiny.save_photo(edit, tmp_path / "made.png")
    made = opened(tmp_path / "made.png")
    assert made.mode == "RGBA"
    assert np.array_equal(np.asarray(made.getchannel("A")), np.asarray(alpha))
    assert (array(made) != array(clear)).any()
    corner = np.asarray(made)[:4, :4]
    assert np.array_equal(corner, np.asarray(clear)[:4, :4]), "no ground is mixed in"
    # the network saw it on neutral grey
    seen = Image.composite(clear.convert("RGB"), Image.new("RGB", SIZE, (128, 128, 128)), alpha)
    assert np.abs(array(tiny.align(photo, CROP)) - array(tiny.align(seen, CROP))).max() <= 1


@pytest.mark.parametrize("mode", ["L", "LA", "1", "RGB"])
def test_a_grey_photo_stays_grey(tiny: Editor, tmp_path: Path, mode: str) -> None:
    grey = colours().convert("L").convert(mode)
    photo = written(tmp_path / "old.png", grey)
    edit = edited(tiny, photo)
    assert edit.grey
    assert np.ptp(array(tiny.render(edit)), axis=2).max() == 0
    tiny.save_photo(edit, tmp_path / "made.png")
    made = array(opened(tmp_path / "made.png"))
    assert np.ptp(made, axis=2).max() == 0
    assert (made != array(grey)).any()
    coloured = replace(edit, grey=False)
    tiny.save_photo(coloured, tmp_path / "colour.png")
    with_colour = array(opened(tmp_path / "colour.png"))
    assert np.ptp(with_colour, axis=2).max() > 5
    # what is kept is the luma of what would have been added
    luma = with_colour @ (0.299, 0.587, 0.114)
    inside = (with_colour > 0).all(axis=2) & (with_colour < 255).all(axis=2)
    assert np.abs(luma - made[..., 0])[inside].max() <= 2


def test_a_code_of_a_grey_photo_opens_without_colour(tiny: Editor, tmp_path: Path) -> None:
    edit = edited(tiny, written(tmp_path / "old.png", colours().convert("L")))
    tiny.save_code(edit, tmp_path / "old.npz")
    again = tiny.open_code(tmp_path / "old.npz")
    assert again.grey
    assert np.array_equal(array(tiny.render(again)), array(tiny.render(edit)))
    coloured = edited(tiny, written(tmp_path / "new.png", colours()))
    tiny.save_code(coloured, tmp_path / "new.npz")
    assert not tiny.open_code(tmp_path / "new.npz").grey


def test_a_code_that_says_of_colour_is_believed_when_its_photo_is_given_again(
    tiny: Editor, tmp_path: Path
) -> None:
    photo = written(tmp_path / "old.png", colours().convert("L"))
    edit, code = edited(tiny, photo), tmp_path / "old.npz"
    for grey in (True, False):
        tiny.save_code(replace(edit, grey=grey), code)
        assert tiny.with_photo(tiny.open_code(code), code, photo).grey is grey
        let_in = replace(tiny.open_code(code), grey=False)
        assert not tiny.with_photo(let_in, code, photo).grey
    with np.load(code) as arrays:
        older = {name: arrays[name] for name in arrays.files if name != "grey"}
    np.savez(code, **older)
    assert tiny.with_photo(tiny.open_code(code), code, photo).grey, "it says nothing: as the photo"


def test_replaced_squares_of_a_grey_photo_are_grey(tiny: Editor, tmp_path: Path) -> None:
    edit = edited(tiny, written(tmp_path / "old.jpg", colours().convert("L")))
    tiny.save_photo(edit, tmp_path / "made.jpg", "replace")
    assert opened(tmp_path / "made.jpg").mode == "L"


@pytest.mark.parametrize("gamut", [display_p3, adobe_rgb])
def test_the_model_sees_a_photo_of_a_wide_gamut_in_srgb(
    tiny: Editor, tmp_path: Path, gamut: Callable[[], bytes]
) -> None:
    wide = conversion(gamut())
    assert wide is not None
    seen = colours()
    own = Image.fromarray(wide.from_srgb(np.asarray(seen)))
    assert np.abs(array(own) - array(seen)).max() > 4, "its numbers are others"
    photo = written(tmp_path / "wide.png", own, icc_profile=gamut())
    plain = written(tmp_path / "plain.png", seen)
    got, expected = (array(tiny.align(one, CROP)) for one in (photo, plain))
    assert np.abs(got - expected).max() <= 2
    for mode in ("difference", "replace"):
        pasted = tiny.edited(edited(tiny, photo), mode)
        as_shown = tiny.edited(edited(tiny, plain), mode)
        assert pasted.pixels.info["icc_profile"] == gamut()
        # the codes of both differ by the rounding of their numbers
        assert np.abs(array(as_srgb(pasted.pixels)) - array(as_shown.pixels)).mean() <= 1.5


@pytest.mark.parametrize("gamut", [display_p3, adobe_rgb])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".tif", ".avif", ".heic"])
def test_a_wide_gamut_is_saved_with_its_profile_and_its_values(
    tiny: Editor, tmp_path: Path, gamut: Callable[[], bytes], suffix: str
) -> None:
    photo = written(tmp_path / "wide.png", colours(), icc_profile=gamut())
    edit = edited(tiny, photo)
    expected = tiny.edited(edit).pixels
    tiny.save_photo(edit, tmp_path / f"made{suffix}")
    made = opened(tmp_path / f"made{suffix}")
    assert made.info["icc_profile"] == gamut()
    # WebP has colours for every second pixel alone
    assert np.abs(array(made) - array(expected)).mean() <= (2.5 if suffix == ".webp" else 1.5)
    corner = np.abs(array(made)[:4, :4] - array(colours())[:4, :4])
    assert corner.max() <= 6, "where nothing was changed, the photo's own numbers"


def test_a_film_of_a_photo_of_a_wide_gamut_is_in_srgb(tiny: Editor, tmp_path: Path) -> None:
    photo = written(tmp_path / "wide.png", colours(), icc_profile=display_p3())
    project = add_edit(Project.new(tiny), tiny, edited(tiny, photo), "wide", str(photo))
    small, _ = small_photo(project.pictures[0])
    wide = conversion(display_p3())
    assert wide is not None
    assert "icc_profile" not in small.info
    assert np.array_equal(np.asarray(small), wide.to_srgb(np.asarray(colours())))
    with Image.open(io.BytesIO(project.pictures[0].small)) as kept:
        assert np.abs(array(kept) - array(small)).mean() <= 3


def test_a_project_keeps_a_grey_photo_grey(tiny: Editor, tmp_path: Path) -> None:
    from editor.project.actions import result
    from editor.project.file import save_project, unpacked

    photo = written(tmp_path / "old.png", colours().convert("L"))
    project = add_edit(Project.new(tiny), tiny, edited(tiny, photo), "old", str(photo))
    save_project(project, tmp_path / "p.zip")
    with unpacked(tmp_path / "p.zip", tiny) as again:
        assert again.pictures[0].grey
        made = result(again, tiny, "p1")
        assert np.ptp(array(made.pixels), axis=2).max() == 0
        assert (array(made.pixels) != array(colours().convert("L"))).any()
        assert np.ptp(array(result(again, tiny, "p1", colour=True).pixels), axis=2).max() > 5


@pytest.fixture
def command(tiny_root: Path, tmp_path: Path) -> Callable[..., int]:
    def run(*words: object) -> int:
        usual = ("--domain", "tiny", "--root", tiny_root, "--steps", "0", "--out", tmp_path / "out")
        where = ("--crop", "0.5", "0.45", "0.8", "0")
        return main([str(word) for word in ("edit", *words, "--move", "smile=2", *where, *usual)])

    return run


def test_the_command_names_a_photo_after_it_and_what_was_done(
    command: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    written(out / "holiday smile+2.jpg", Image.new("RGB", (20, 20)))
    kept = (out / "holiday smile+2.jpg").read_bytes()
    exif = Image.Exif()
    exif[0x010F], exif[0x013B] = "A maker", "Ann"
    exif.get_ifd(0x8769)[0x9003] = "2024:05:06 07:08:09"
    photo = written(tmp_path / "holiday.jpg", colours(), quality=97, exif=exif)
    assert command(photo) == 0
    assert (out / "holiday smile+2.jpg").read_bytes() == kept, "another's"
    made = Photo.read(out / "holiday smile+2 (2).jpg")
    assert (made.source.taken, made.source.artist) == ("2024:05:06 07:08:09", "Ann")
    assert made.source.quality >= 97
    assert b"A maker" not in (out / "holiday smile+2 (2).jpg").read_bytes()
    assert command(photo, "--redo") == 0
    names = {path.name for path in out.glob("*.jpg")}
    assert names == {"holiday smile+2.jpg", "holiday smile+2 (2).jpg"}, "its own is made anew"


@pytest.mark.parametrize(
    ("kind", "options", "suffix"),
    [
        ("png", [], ".png"),
        ("webp", [], ".webp"),
        ("tiff", [], ".tif"),
        ("avif", [], ".avif"),
        ("heic", [], ".heic"),
        ("gif", [], ".png"),
        ("png", ["--format", "jpeg"], ".jpg"),
        ("jpg", ["--format", "avif"], ".avif"),
    ],
)
def test_the_command_writes_the_photos_format_or_the_one_that_is_asked_for(
    command: Callable[..., int], tmp_path: Path, kind: str, options: list[str], suffix: str
) -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
    photo = written(tmp_path / f"a.{kind}", colours())
    assert command(photo, *options) == 0
    made = Photo.read(tmp_path / "out" / f"a smile+2{suffix}")
    assert made.pixels.size == SIZE


def test_the_command_says_what_a_format_cannot_keep(
    command: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clear = colours()
    clear.putalpha(colours(1).convert("L"))
    photo = written(tmp_path / "cut.png", clear)
    assert command(photo, "--format", "jpeg") == 0
    said = capsys.readouterr()
    assert "JPEG knows no transparency" in said.out + said.err
    assert command(photo) == 0
    made = opened(tmp_path / "out" / "cut smile+2.png")
    assert np.array_equal(np.asarray(made)[..., 3], np.asarray(clear)[..., 3])


def test_the_command_keeps_grey_unless_colour_is_let_in(
    command: Callable[..., int], tmp_path: Path
) -> None:
    photo = written(tmp_path / "old.png", colours().convert("L"))
    assert command(photo) == 0
    assert opened(tmp_path / "out" / "old smile+2.png").mode == "L"
    assert command(photo, "--colour") == 0
    made = opened(tmp_path / "out" / "old smile+2.png")
    assert made.mode == "RGB"
    assert np.ptp(array(made), axis=2).max() > 2


def test_cmyk_comes_back_as_it_is_seen(tiny: Editor, tmp_path: Path) -> None:
    photo = written(tmp_path / "press.jpg", colours().convert("CMYK"), quality=100)
    edit = edited(tiny, photo)
    tiny.save_photo(edit, tmp_path / "made.jpg")
    made = opened(tmp_path / "made.jpg")
    assert made.mode == "RGB"
    assert np.abs(array(made)[:4, :4] - array(colours())[:4, :4]).max() <= 8


@pytest.fixture
def page(tiny_root: Path) -> Handlers:
    from editor import Domains

    return Handlers(Domains("cpu", tiny_root / "checkpoints", tiny_root / "boundaries"), "tiny")


def answered(page: Handlers, photo: Path, **wish: Any) -> dict[str, Any]:
    tiny, first = page.domains.open("tiny"), page.first_visitor()
    edit = edited(tiny, photo).reset()
    visitor = first.keep(add_edit(first.project, tiny, edit, photo.stem, str(photo)))
    moves = {"moves": {"smile": 4.0}}
    facts = page.export_facts(visitor, moves)["facts"]
    return page.export_as(visitor, moves, value={"wish": wish, "turn": 1})["saved"] | {
        "facts": facts
    }


def test_the_page_saves_a_cut_out_as_it_came(page: Handlers, tmp_path: Path) -> None:
    clear = colours()
    clear.putalpha(colours(1).convert("L"))
    photo = written(tmp_path / "cut.webp", clear, lossless=True)
    saved = answered(page, photo, what="photo")
    assert saved["name"].startswith("cut smile+")
    assert saved["name"].endswith(".webp")
    made = opened(Path(saved["file"]))
    assert np.array_equal(np.asarray(made)[..., 3], np.asarray(clear)[..., 3])
    assert saved["word"] == ""
    assert (saved["facts"]["same"], saved["facts"]["clear"]) == ("WebP", True)
    pair = opened(Path(answered(page, photo, what="pair")["file"]))
    assert pair.mode == "RGBA"
    assert np.array_equal(np.asarray(pair)[:, : SIZE[0], 3], np.asarray(clear)[..., 3])
    flat = answered(page, photo, what="photo", kind="JPEG")
    assert "PNG keeps it" in flat["word"]
    assert opened(Path(flat["file"])).mode == "RGB"


def test_the_page_keeps_grey_unless_colour_is_let_in(page: Handlers, tmp_path: Path) -> None:
    photo = written(tmp_path / "old.png", colours().convert("L"))
    for what in ("photo", "face", "pair"):
        saved = answered(page, photo, what=what)
        assert saved["facts"]["grey"]
        made = opened(Path(saved["file"]))
        assert np.ptp(array(made), axis=2).max() == 0, what
        coloured = opened(Path(answered(page, photo, what=what, colour=True)["file"]))
        assert np.ptp(array(coloured), axis=2).max() > 5, what


def test_the_page_shows_a_grey_photo_without_colour(page: Handlers, tmp_path: Path) -> None:
    """What the browser lays in is the difference of these two."""
    import base64

    photo = written(tmp_path / "old.png", colours().convert("L"))
    tiny, first = page.domains.open("tiny"), page.first_visitor()
    visitor = first.keep(add_edit(first.project, tiny, edited(tiny, photo), "old", str(photo)))
    value = page.values.of(visitor, tiny)
    for name in ("after", "reference"):
        data = base64.b64decode(value[name].partition(",")[2])
        with Image.open(io.BytesIO(data)) as square:
            assert np.ptp(array(square), axis=2).max() == 0, name


def test_profiles_are_not_mixed_up(tmp_path: Path) -> None:
    """One of grey fits no RGB file: grey of a profile is converted, and saved without it."""
    from tests.colour_profiles import grey_profile

    photo = Photo.read(
        written(tmp_path / "g.png", Image.new("L", SIZE, 55), icc_profile=grey_profile(1.0))
    )
    assert photo.pixels.info == {}
    assert photo.source.channels == 1
    assert photo.source.grey
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = Photo.read(written(tmp_path / "s.png", colours(), icc_profile=srgb))
    assert to_tensor(plain.seen).shape[1] == 3
    assert plain.pixels.info == {"icc_profile": srgb}

"""Sliders of one's own, taught and discovered on random networks, and on the shipped faces."""

from __future__ import annotations

import gc
import time
import weakref
from itertools import pairwise
from threading import Thread

import numpy as np
import pytest
import torch
from PIL import Image

from editor import Editor
from editor.engine import Engine
from editor.errors import ImageError, OptionError
from editor.media.images import to_tensor
from editor.models.config import StyleGAN1Config
from editor.models.stylegan1 import StyleGAN1Generator
from editor.runtime import seeded_latents
from editor.sliders.lesson import HAS, HAS_NOT, SKIP, Lesson, seed_key
from editor.sliders.move import move
from editor.sliders.sample_pool import FIRST_SEED, grow_pool, pool_of
from editor.sliders.slider_set import SliderSet
from editor.sliders.teach import (
    discover,
    learn_from,
    mark_photo,
    mark_seed,
    next_seeds,
    picture,
    slider_of_pairs,
    taught_slider,
)
from tests.conftest import with_own


def _grown(editor: Editor, count: int = 100) -> Editor:
    for _ in grow_pool(editor.engine, count):
        pass
    return editor


def _bright(editor: Editor, seeds: list[int]) -> list[bool]:
    """Whether the picture of a seed is brighter than most."""
    means = [
        float(np.asarray(picture(editor.engine, seed)).mean())
        for seed in range(FIRST_SEED, FIRST_SEED + 60)
    ]
    middle = float(np.median(means))
    return [float(np.asarray(picture(editor.engine, seed)).mean()) > middle for seed in seeds]


def _lesson(editor: Editor, count: int = 40) -> Lesson:
    lesson = Lesson()
    seeds = list(range(FIRST_SEED, FIRST_SEED + count))
    for seed, bright in zip(seeds, _bright(editor, seeds), strict=True):
        lesson = mark_seed(editor.engine, lesson, seed, HAS if bright else HAS_NOT)
    return lesson


def test_the_pool_grows_once_and_can_be_interrupted(tiny: Editor) -> None:
    assert pool_of(tiny.engine) is None
    with pytest.raises(OptionError, match="grow_pool"):
        learn_from(tiny.engine, Lesson())
    growing = grow_pool(tiny.engine, 110)
    assert [next(growing), next(growing)] == [(16, 110), (32, 110)]
    growing.close()
    steps = list(grow_pool(tiny.engine, 110))
    assert steps[0] == (48, 110), "what was done before is kept"
    assert steps[-1] == (110, 110)
    pool = pool_of(tiny.engine)
    assert pool is not None
    assert pool.seeds == tuple(range(FIRST_SEED, FIRST_SEED + 110))
    z = seeded_latents(list(pool.seeds), tiny.engine.pack.generator.z_dim)
    torch.testing.assert_close(pool.codes, tiny.engine.pack.generator.mapping(z)[:, :1])
    assert list(grow_pool(tiny.engine, 500)) == []
    assert pool_of(tiny.engine) is pool
    assert pool_of(with_own(tiny, tiny.sliders["age"]).engine) is pool, "shared by visitors"
    with pytest.raises(OptionError, match="too few"):
        next(grow_pool(tiny.engine, 50))


def test_visitors_share_the_work(tiny: Editor) -> None:
    threads = [Thread(target=_grown, args=(tiny, 200)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pool = pool_of(tiny.engine)
    assert pool is not None
    assert pool.seeds == tuple(range(FIRST_SEED, FIRST_SEED + 200))
    z = seeded_latents(list(pool.seeds), tiny.engine.pack.generator.z_dim)
    torch.testing.assert_close(pool.codes, tiny.engine.pack.generator.mapping(z)[:, :1])


def test_the_pool_goes_with_the_domain(tiny_root) -> None:
    editor = Editor.open(
        "tiny", "cpu", checkpoints=tiny_root / "checkpoints", boundaries=tiny_root / "boundaries"
    )
    pool = weakref.ref(pool_of(_grown(editor).engine))
    del editor
    gc.collect()
    assert pool() is None


def test_a_taught_slider_does_what_was_marked(tiny: Editor) -> None:
    lesson = _lesson(_grown(tiny, 300))
    learned = learn_from(tiny.engine, lesson)
    assert learned.accuracy is not None
    assert learned.accuracy > 0.8
    slider = taught_slider(tiny.engine, learned, "bright", "  very\nbright ")
    info = slider.info
    assert (info.name, info.title, info.group) == ("bright", "very bright", "Other")
    assert info.layers == tuple(range(tiny.info.num_ws))
    assert info.generator == tiny.engine.fingerprint
    assert info.facts["marks_has"] + info.facts["marks_has_not"] == 40
    pool = pool_of(tiny.engine)
    assert pool is not None
    deviation = float((pool.codes[:, 0] @ slider.normal[0]).std())
    assert info.range == pytest.approx((-2.5 * deviation, 2.5 * deviation), abs=0.006)
    generator = tiny.engine.pack.generator
    with torch.no_grad():
        codes = generator.mapping(seeded_latents(list(range(64)), generator.z_dim))
        low, high = (
            generator.synthesis(move(codes, slider.normal, end, info.layers)).mean(dim=(1, 2, 3))
            for end in info.range
        )
    assert (high > low).float().mean() > 0.9
    edit = with_own(tiny, slider).sample(3).move(bright=1.0)
    torch.testing.assert_close(edit.wp_edited - edit.wp, slider.normal)
    assert "bright" not in tiny.boundaries, "another visitor does not see it"


def test_independent_of_other_sliders(tiny: Editor) -> None:
    learned = learn_from(_grown(tiny).engine, _lesson(tiny))
    slider = taught_slider(
        tiny.engine,
        learned,
        "bright",
        independent_of=tiny.sliders.named(["age", "smile", "age"]),
        layers=(2, 0),
    )
    for name in ("age", "smile"):
        rows = tiny.sliders[name].normal
        assert (slider.normal * rows).sum(dim=1).abs().max() < 1e-5
    assert slider.info.facts["independent_of"] == ["age", "smile"]
    assert slider.info.layers == (0, 2)
    assert slider.normal.norm(dim=1).numpy() == pytest.approx(1, abs=1e-5)
    plain = taught_slider(tiny.engine, learned, "bright")
    assert slider.info.range[1] < plain.info.range[1]


def test_what_cannot_be_a_slider(tiny: Editor) -> None:
    learned = learn_from(_grown(tiny).engine, _lesson(tiny))
    for name in ("two words", "", "../up", "1st", "a" * 65):
        with pytest.raises(OptionError, match="no name for a slider"):
            taught_slider(tiny.engine, learned, name)
    with pytest.raises(OptionError, match="no slider 'hat'"):
        tiny.sliders.named(["smile", "hat"])
    with pytest.raises(OptionError, match="outside 0"):
        taught_slider(tiny.engine, learned, "bright", layers=(0, 99))


def test_any_seed_and_photos_can_be_marked(tiny: Editor) -> None:
    _grown(tiny)
    inside = mark_seed(tiny.engine, Lesson(), FIRST_SEED, HAS)
    assert inside.features == ()
    lesson = mark_seed(tiny.engine, inside, 7, HAS_NOT)
    assert mark_seed(tiny.engine, lesson, 8, SKIP).features == lesson.features
    lesson = mark_photo(lesson, "me.jpg", picture(tiny.engine, 7), HAS)
    (seed_name, of_seed), (photo_name, of_photo) = lesson.features
    assert (seed_name, photo_name) == (seed_key(7), "photo me.jpg")
    assert np.abs(of_seed.astype(float) - of_photo.astype(float)).mean() < 0.01, "8 bits a channel"
    assert lesson.counts == (2, 1)


def test_every_batch_is_new(tiny: Editor) -> None:
    _grown(tiny)
    lesson, asked = Lesson(), set()
    for _ in range(3):
        learned = learn_from(tiny.engine, lesson) if min(lesson.counts) else None
        batch = next_seeds(tiny.engine, lesson, learned, 12)
        assert not asked & set(batch)
        asked |= set(batch)
        for seed, bright in zip(batch, _bright(tiny, batch), strict=True):
            lesson = mark_seed(tiny.engine, lesson, seed, HAS if bright else HAS_NOT)
    assert len(asked) == 36


def test_pairs(tiny: Editor) -> None:
    """Whatever separates the pairs' codes, the slider takes the first nearer to the second."""
    photos = [tiny.example(seed) for seed in range(5)]
    darker = [Image.fromarray((np.asarray(p) * 0.5).astype(np.uint8)) for p in photos]
    pairs = list(zip(darker, photos, strict=True))
    slider = slider_of_pairs(tiny.engine, pairs, "bright")
    assert slider.info.facts["pairs"] == 5
    assert slider.info.accuracy == 1.0
    with torch.no_grad():
        before, after = (
            tiny.engine.pack.encoder(torch.cat([to_tensor(pair[side]) for pair in pairs]))
            for side in (0, 1)
        )
    half = slider.info.range[1] / 2
    moved = move(before, slider.normal, half, slider.info.layers)
    assert ((moved - after).square().mean() / (before - after).square().mean()) < 0.7
    optimised = slider_of_pairs(
        tiny.engine, pairs, "bright", independent_of=tiny.sliders.named(["age"]), steps=2
    )
    assert not torch.equal(optimised.normal, slider.normal)
    assert (optimised.normal * tiny.sliders["age"].normal).sum(dim=1).abs().max() < 1e-5
    with pytest.raises(OptionError, match="no pairs"):
        slider_of_pairs(tiny.engine, [], "bright")
    with pytest.raises(ImageError, match="needs 16×16"):
        slider_of_pairs(tiny.engine, [(Image.new("RGB", (32, 32)),) * 2], "bright")


@pytest.mark.parametrize("method", ["sefa", "pca"])
def test_discovered_sliders(tiny: Editor, method: str) -> None:
    found = discover(tiny.engine, method, 5, (0, 1))
    assert [s.info.name for s in found] == [f"{method}_{i}" for i in range(1, 6)]
    assert all(s.info.layers == (0, 1) for s in found)
    strengths = [s.info.facts["strength"] for s in found]
    assert all(a >= b for a, b in pairwise(strengths))
    rows = torch.stack([s.normal[0] for s in found])
    torch.testing.assert_close(rows @ rows.T, torch.eye(5), atol=1e-4, rtol=0)
    assert all(s.info.range[1] > 0 for s in found)
    again = discover(tiny.engine, method, 5, (0, 1))
    assert all(torch.equal(a.normal, b.normal) for a, b in zip(found, again, strict=True))


def test_discovering_what_is_not_there(tiny: Editor) -> None:
    with pytest.raises(OptionError, match="use sefa or pca"):
        discover(tiny.engine, "magic")
    with pytest.raises(OptionError, match="outside 0"):
        discover(tiny.engine, "sefa", layers=(50,))
    with pytest.raises(OptionError, match="1…8"):
        discover(tiny.engine, "pca", 9)


def test_a_generator_with_codes_of_each_layer(tiny: Editor) -> None:
    """The published generators: pool, discovery and teaching keep a row for every layer."""
    from dataclasses import replace

    config = StyleGAN1Config(
        resolution=16, z_dim=12, w_dim=8, fmaps_base=128, fmaps_max=16, mapping_layers=2
    )
    generator = StyleGAN1Generator(config).eval()
    generator.map[-1].bias.data.normal_(0, 50)
    info = replace(tiny.info, num_ws=generator.num_ws)
    pack = replace(tiny.engine.pack, generator=generator, info=info)
    engine = Engine(pack, tiny.engine.device)
    editor = Editor(engine, SliderSet(info, pack.fingerprint))
    pool = pool_of(_grown(editor).engine)
    assert pool is not None
    assert pool.codes.shape == (100, generator.num_ws, 8)
    learned = learn_from(editor.engine, _lesson(editor))
    slider = taught_slider(editor.engine, learned, "bright")
    assert not torch.allclose(slider.normal[0], slider.normal[1])
    for method in ("sefa", "pca"):
        found = discover(editor.engine, method, 3, (1, 2))[0]
        torch.testing.assert_close(found.normal.norm(dim=1), torch.ones(generator.num_ws))


def test_marking_faces_is_quick_and_right(faces: Editor) -> None:
    """Dark against bright faces: a refit in under a second, though the pool is small."""
    _grown(faces, 200)
    pool = pool_of(faces.engine)
    assert pool is not None
    lesson = Lesson()
    means = {s: float(np.asarray(picture(faces.engine, s)).mean()) for s in pool.seeds[:40]}
    middle = float(np.median(list(means.values())))
    for seed, mean in means.items():
        lesson = mark_seed(faces.engine, lesson, seed, HAS if mean > middle else HAS_NOT)
    started = time.process_time()
    learned = learn_from(faces.engine, lesson)
    assert time.process_time() - started < 1.0
    assert learned.accuracy is not None
    assert learned.accuracy > 0.75
    slider = taught_slider(faces.engine, learned, "bright")
    codes = faces.sample(5).wp
    ends = [
        faces.engine.render(move(codes[None], slider.normal, end, slider.info.layers))[0]
        for end in slider.info.range
    ]
    low, high = (float(np.asarray(end).mean()) for end in ends)
    assert high > low + 20

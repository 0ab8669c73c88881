"""A slider for glasses from 40 marks given from labels, on the shipped faces: minutes long."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest
import torch

from editor import Editor
from editor.data.image_set import load_images
from editor.media.images import to_pil
from editor.metrics.attributes import PooledFeatures, fit_predictor
from editor.packs.features.squeezenet import load_squeezenet
from editor.sliders.lesson import HAS, HAS_NOT, Lesson
from editor.sliders.move import move
from editor.sliders.picture_features import picture_features
from editor.sliders.sample_pool import grow_pool, pool_of
from editor.sliders.teach import learn_from, mark_photo, taught_slider
from tests.conftest import SHARED

MARKS, OTHERS, FACES = 20, 150, 60


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="needs labelled photos")
def test_forty_marks_for_glasses(faces: Editor) -> None:
    usable = {"unusable": 0.6}
    photos = load_images(SHARED / "faces128_train.zip", faces.info.resolution, usable, 4000)
    test = load_images(SHARED / "faces128_test.zip", faces.info.resolution, usable, 3 * FACES)
    labels = np.array([row["glasses"] for row in photos.attributes])
    yes, no = np.flatnonzero(labels > 0.7).tolist(), np.flatnonzero(labels < 0.3).tolist()
    rng = random.Random(3)
    rng.shuffle(yes)
    rng.shuffle(no)
    for _ in grow_pool(faces.engine):
        pass
    pool = pool_of(faces.engine)
    assert pool is not None

    lesson = Lesson()
    for value, chosen in ((HAS, yes[:MARKS]), (HAS_NOT, no[:MARKS])):
        for index in chosen:
            image = to_pil(photos.batch(torch.tensor([index]))[0])
            lesson = mark_photo(lesson, str(index), image, value)
    started = time.process_time()
    learned = learn_from(faces.engine, lesson)
    assert time.process_time() - started <= 1.0 * torch.get_num_threads()

    rest = yes[MARKS : MARKS + OTHERS] + no[MARKS : MARKS + OTHERS]
    seen = torch.cat(
        [picture_features(part) for part in photos.batch(torch.tensor(rest)).split(64)]
    )
    said = learned.judge.score(pool.standardise(seen.numpy().astype(np.float16))) > 0
    right = float((said == (labels[rest] > 0.5)).mean())
    print(
        f"right on {right:.3f} of {len(rest)} other photos, by its own account {learned.accuracy:.3f}"
    )
    assert right >= 0.9

    features = PooledFeatures(load_squeezenet(SHARED / "squeezenet_v1.0.npz"), 128)
    judge = fit_predictor(
        features, photos.pixels[:3000], photos.attributes[:3000], ["glasses"], 400
    )
    assert judge.quality["glasses"] > 0.95
    with torch.no_grad():
        wp = torch.cat(
            [
                faces.engine.pack.encoder(part)
                for part in test.batch(torch.arange(len(test))).split(32)
            ]
        )
        before = torch.cat([faces.engine.pack.generator.synthesis(part) for part in wp.split(32)])
        can = (judge.score(before)["glasses"] < 0.5).nonzero()[:FACES, 0]
        slider = taught_slider(faces.engine, learned, "taught")
        moved = move(wp[can], slider.normal, slider.info.range[1], slider.info.layers)
        after = torch.cat([faces.engine.pack.generator.synthesis(part) for part in moved.split(32)])
    flips = float((judge.score(after)["glasses"] > 0.5).float().mean())
    print(f"glasses on {flips:.3f} of {len(can)} test faces")
    assert len(can) >= 40
    assert flips >= 0.75

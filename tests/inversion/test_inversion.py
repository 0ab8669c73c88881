from __future__ import annotations

import pytest
import torch

from editor.errors import OptionError
from editor.inversion.loop import InversionOptions, invert
from editor.inversion.objective import Objective, Weights
from editor.media.images import to_tensor
from editor.models.perceptual import DiscriminatorPerceptual


@pytest.fixture
def target(generator) -> torch.Tensor:
    with torch.no_grad():
        return generator.synthesis(torch.randn(2, generator.num_ws, 8)).clamp(-1, 1)


def test_objective_is_the_published_sum(target, generator, encoder, discriminator) -> None:
    """Equation 6, written out."""
    term = DiscriminatorPerceptual(discriminator)
    wp = torch.randn(2, generator.num_ws, 8)
    weights = Weights(pix=1.0, feat=0.3, domain=2.0)
    loss, image, terms = Objective(target, generator, encoder, term, weights)(wp)
    for i in range(2):
        recon = generator.synthesis(wp[i : i + 1])
        pix = (recon - target[i]).square().mean()
        domain = (wp[i] - encoder(recon)[0]).square().mean()
        feat = term.distance(term.features(target[i : i + 1]), term.features(recon))[0]
        torch.testing.assert_close(terms["loss_pix"][i], pix)
        torch.testing.assert_close(terms["loss_domain"][i], domain, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(loss[i], pix + 0.3 * feat + 2 * domain, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(image[i : i + 1], recon, atol=1e-5, rtol=1e-4)


def test_the_preview_is_the_image_of_the_yielded_code(
    target, generator, encoder, discriminator
) -> None:
    term = DiscriminatorPerceptual(discriminator)
    steps = list(invert(target, generator, encoder, term, InversionOptions(steps=4, patience=0)))
    assert [s.step for s in steps] == [0, 1, 2, 3, 4]
    assert torch.equal(steps[0].wp, encoder(target))
    for step in steps:
        torch.testing.assert_close(generator.synthesis(step.wp), step.image)
    assert not torch.equal(steps[3].wp, steps[4].wp)


def test_first_step_is_adams(target, generator, encoder) -> None:
    """Adam's first update moves every value by lr against the sign of its gradient."""
    options = InversionOptions(steps=1, lr=0.01, weights=Weights(feat=0))
    steps = list(invert(target, generator, encoder, None, options))
    wp = steps[0].wp.clone().requires_grad_(True)
    Objective(target, generator, encoder, None, options.weights)(wp)[0].sum().backward()
    expected = wp.detach() - 0.01 * wp.grad.sign()
    big = wp.grad.abs() > 1e-5
    torch.testing.assert_close(steps[1].wp[big], expected[big], atol=1e-4, rtol=0)


def test_images_of_a_batch_are_independent(target, generator, encoder) -> None:
    options = InversionOptions(steps=3, patience=0, weights=Weights(feat=0))
    both = list(invert(target, generator, encoder, None, options))[-1]
    alone = list(invert(target[1:], generator, encoder, None, options))[-1]
    torch.testing.assert_close(both.wp[1:], alone.wp, atol=1e-4, rtol=1e-3)


def test_stops_early_when_the_gain_stalls(target, generator, encoder) -> None:
    options = InversionOptions(steps=200, lr=1e-6, patience=5, min_gain=0.02)
    steps = list(invert(target, generator, encoder, None, options))
    assert len(steps) == 6


def test_networks_get_no_gradient(target, generator, encoder, discriminator) -> None:
    for network in (generator, encoder, discriminator):
        network.requires_grad_(False)
    term = DiscriminatorPerceptual(discriminator)
    list(invert(target, generator, encoder, term, InversionOptions(steps=2)))
    for network in (generator, encoder, discriminator):
        assert all(p.grad is None for p in network.parameters())


@pytest.mark.parametrize("bad", [{"steps": -1}, {"lr": 0.0}, {"start": "noise"}])
def test_bad_options(bad: dict) -> None:
    with pytest.raises(OptionError):
        InversionOptions(**bad)
    with pytest.raises(OptionError):
        Weights(domain=-1)


def test_shipped_pack_optimises_and_stays_in_domain(faces, face_photos) -> None:
    """The method's property on unseen photos: better fit, and closer codes than without the term."""
    target = torch.cat([to_tensor(faces.align(photo)) for photo in face_photos])
    pack = faces.engine.pack

    def run(domain: float) -> list:
        options = InversionOptions(steps=40, patience=0, weights=Weights(domain=domain))
        return list(
            invert(target, pack.generator, pack.encoder, faces.engine.feature_term, options)
        )

    inside, free = run(2.0), run(0.0)
    assert inside[-1].losses["loss_pix"] < 0.75 * inside[0].losses["loss_pix"]
    with torch.no_grad():
        far = (free[-1].wp - pack.encoder(free[-1].image)).square().mean().item()
    assert inside[-1].losses["loss_domain"] < far

from __future__ import annotations

import pytest
import torch

from editor.errors import OptionError
from editor.models.config import EncoderConfig, GeneratorConfig, PredictorConfig
from editor.models.discriminator import Discriminator, minibatch_std
from editor.models.encoder import Encoder
from editor.models.layers import ModulatedConv, upsample2
from editor.models.perceptual import DiscriminatorPerceptual, VGG16Perceptual
from editor.models.predictor import COMPARED, Predictor, without_norm
from editor.models.stylegan2 import StyleGAN2Generator


def test_shapes(generator, discriminator, encoder) -> None:
    z = torch.randn(3, 12)
    wp = generator.mapping(z)
    assert wp.shape == (3, generator.num_ws, 8)
    image = generator.synthesis(wp)
    assert image.shape == (3, 3, 16, 16)
    assert image.dtype == torch.float32
    assert discriminator(image).shape == (3,)
    assert [f.shape[-1] for f in discriminator.features(image)] == [8, 4]
    assert encoder(image).shape == wp.shape


def test_a_code_has_exactly_one_image(generator) -> None:
    wp = torch.randn(2, generator.num_ws, 8)
    assert torch.equal(generator.synthesis(wp), generator.synthesis(wp))
    generator.train()
    assert torch.equal(generator.synthesis(wp), generator.synthesis(wp))


def test_noise_can_be_switched_on() -> None:
    config = GeneratorConfig(resolution=16, fmaps_base=128, fmaps_max=16, w_dim=8, noise=True)
    network = StyleGAN2Generator(config)
    for name, parameter in network.named_parameters():
        if name.endswith("noise_strength"):
            parameter.data.fill_(1.0)
    wp = torch.randn(1, network.num_ws, 8)
    assert not torch.equal(network.synthesis(wp), network.synthesis(wp))
    network.eval()
    assert torch.equal(network.synthesis(wp), network.synthesis(wp))


def test_batch_size_does_not_change_an_image(generator, encoder) -> None:
    wp = torch.randn(4, generator.num_ws, 8)
    alone = torch.cat([generator.synthesis(row[None]) for row in wp])
    torch.testing.assert_close(generator.synthesis(wp), alone, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(encoder(alone)[:1], encoder(alone[:1]), atol=1e-5, rtol=1e-4)


def test_style_is_layer_wise(generator) -> None:
    """The last layer colours only; each layer changes the image."""
    wp = torch.randn(1, generator.num_ws, 8)
    base = generator.synthesis(wp)
    for layer in range(generator.num_ws):
        other = wp.clone()
        other[:, layer] += 1.0
        assert not torch.allclose(generator.synthesis(other), base), layer


def test_modulated_conv_equals_kernels_modulated_one_by_one() -> None:
    """Reference: equations 1 and 3 of the StyleGAN2 paper, written out."""
    conv = ModulatedConv(6, 5, 4, resolution=8)
    conv.bias.data.normal_()
    x, w = torch.randn(2, 6, 8, 8), torch.randn(2, 4)
    style = conv.affine(w)
    for i in range(2):
        kernel = conv.weight * conv.weight_gain * style[i][None, :, None, None]
        kernel = kernel / (kernel.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt()
        y = torch.nn.functional.conv2d(x[i : i + 1], kernel, conv.bias, padding=1)
        y = torch.nn.functional.leaky_relu(y, 0.2) * 2**0.5
        torch.testing.assert_close(conv(x, w)[i : i + 1], y, atol=1e-5, rtol=1e-4)


def test_upsampling_is_the_1331_filter() -> None:
    x = torch.zeros(1, 1, 5, 5)
    x[0, 0, 2, 2] = 1.0
    row = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 4
    torch.testing.assert_close(upsample2(x)[0, 0, 3:7, 3:7], row[:, None] * row[None])


def test_truncation(generator) -> None:
    generator.w_avg.normal_()
    z = torch.randn(2, 12)
    full, mean = generator.mapping(z), generator.w_avg[None].expand(2, -1, -1)
    torch.testing.assert_close(generator.mapping(z, truncation_psi=0.0), mean)
    half = generator.mapping(z, truncation_psi=0.5, truncation_cutoff=2)
    torch.testing.assert_close(half[:, :2], (full[:, :2] + mean[:, :2]) / 2)
    assert torch.equal(half[:, 2:], full[:, 2:])


def test_gradients_reach_everything(generator, discriminator, encoder) -> None:
    image = generator(torch.randn(4, 12))
    (discriminator(image).sum() + encoder(image).square().sum()).backward()
    for network in (generator, discriminator, encoder):
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name


def test_gradient_of_code_agrees_with_finite_differences(generator) -> None:
    network = generator.double()
    network.compute_dtype = torch.float64
    wp = torch.randn(1, network.num_ws, 8, dtype=torch.float64, requires_grad=True)

    def loss(x: torch.Tensor) -> torch.Tensor:
        return network.synthesis(x).double().square().mean()

    (grad,) = torch.autograd.grad(loss(wp), wp)
    direction = torch.randn_like(wp)
    step = 1e-3
    slope = (loss(wp + step * direction) - loss(wp - step * direction)) / (2 * step)
    assert slope.item() == pytest.approx((grad * direction).sum().item(), rel=1e-2)


def test_bfloat16_is_close_to_float32(generator) -> None:
    wp = torch.randn(2, generator.num_ws, 8)
    exact = generator.synthesis(wp)
    generator.compute_dtype = torch.bfloat16
    close = generator.synthesis(wp)
    assert (close - exact).abs().mean() < 0.03 * exact.abs().mean() + 0.01


def test_minibatch_std() -> None:
    same = torch.ones(4, 2, 4, 4)
    assert minibatch_std(same, 4)[:, 2].max() < 1e-3
    x = torch.tensor([0.0, 2.0])[:, None, None, None].expand(2, 1, 4, 4)
    torch.testing.assert_close(minibatch_std(x, 2)[:, 1], torch.ones(2, 4, 4))
    assert minibatch_std(torch.randn(3, 2, 4, 4), 2).shape == (3, 3, 4, 4)


def test_encoder_predicts_an_offset_from_the_mean(encoder: Encoder) -> None:
    encoder.w_avg.normal_()
    for parameter in encoder.out.parameters():
        parameter.data.zero_()
    assert torch.equal(encoder(torch.randn(1, 3, 16, 16))[0], encoder.w_avg)


def test_discriminator_distance(discriminator: Discriminator) -> None:
    term = DiscriminatorPerceptual(discriminator)
    a, b = torch.randn(2, 3, 16, 16), torch.randn(2, 3, 16, 16)
    fa, fb = term.features(a), term.features(b)
    assert term.distance(fa, fa).abs().max() == 0
    assert (term.distance(fa, fb) > 0).all()


def test_vgg16_has_the_published_layers() -> None:
    vgg = VGG16Perceptual(caffe=True)
    convs = [m for m in vgg.layers if isinstance(m, torch.nn.Conv2d)]
    assert len(convs) == 10
    assert isinstance(vgg.layers[-1], torch.nn.ReLU)
    assert len(vgg.layers) == 23  # the published code takes the output of layer 22
    black = vgg.scale * -1 + vgg.shift
    torch.testing.assert_close(black.flatten(), -torch.tensor([103.939, 116.779, 123.68]))


@pytest.mark.parametrize("resolution", [0, 4, 63, 4096])
def test_bad_resolution(resolution: int) -> None:
    with pytest.raises(OptionError, match="power of two"):
        GeneratorConfig(resolution=resolution)


def test_unknown_option_is_refused() -> None:
    with pytest.raises(OptionError, match="num_layers"):
        GeneratorConfig.from_dict({"num_layers": 3})


def test_a_frozen_weight_that_changes_is_used_anew(generator) -> None:
    """As the moving average of a training does."""
    wp = torch.randn(1, generator.num_ws, 8)
    expected = generator.synthesis(wp)
    generator.requires_grad_(False)
    assert torch.equal(generator.synthesis(wp), expected)
    assert torch.equal(generator.synthesis(wp), expected)
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.lerp_(torch.ones_like(parameter), 0.5)
    frozen = generator.synthesis(wp)
    assert not torch.allclose(frozen, expected)
    assert torch.equal(frozen, generator.requires_grad_(True).synthesis(wp))


def test_pyramid_heads_give_the_finer_layers_from_finer_maps() -> None:
    config = EncoderConfig(32, 128, 16, num_ws=10, w_dim=8, heads="pyramid")
    encoder = Encoder(config).eval()
    image = torch.randn(2, 3, 32, 32)
    wp = encoder(image)
    assert wp.shape == (2, 10, 8)
    wp.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in encoder.parameters())
    for layer, inside in zip(
        encoder.outputs, (slice(0, 4), slice(4, 8), slice(8, 10)), strict=True
    ):
        with torch.no_grad():
            before = encoder(image)
            layer.bias.add_(1.0)
            moved = (encoder(image) - before).abs().amax(dim=(0, 2)) > 0
        assert moved.nonzero()[:, 0].tolist() == list(range(10))[inside]


@pytest.mark.parametrize("wrong", [{"heads": "many"}, {"heads": "pyramid", "resolution": 16}])
def test_heads_are_checked(wrong: dict) -> None:
    with pytest.raises(OptionError, match="heads"):
        EncoderConfig(**({"resolution": 64} | wrong))


def test_predictor_takes_pictures_of_any_side() -> None:
    network = Predictor(PredictorConfig(("a", "b"), resolution=32, width=2)).eval()
    image = torch.rand(3, 3, 48, 48) * 2 - 1
    assert network(image).shape == (3, 2)
    assert [tuple(x.shape[1:]) for x in network.blocks(image)] == [
        (4, 8, 8),
        (8, 4, 4),
        (16, 2, 2),
        (16, 1, 1),
    ]
    assert len(network.maps(image)) == COMPARED
    small = torch.nn.functional.interpolate(image, 32, mode="bilinear", antialias=True)
    torch.testing.assert_close(network(image), network(small))
    exact = network(image)
    network.compute_dtype = torch.bfloat16
    torch.testing.assert_close(network(image), exact, atol=0.05, rtol=0.1)


def test_batch_normalisation_folds_into_the_convolutions() -> None:
    network = Predictor(PredictorConfig(("a", "b"), resolution=32, width=2), norm=True)
    image = torch.rand(8, 3, 32, 32) * 2 - 1
    for _ in range(5):
        network(image)  # in training: moves the running mean and deviation
    network.eval()
    plain = without_norm(network)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in plain.modules())
    torch.testing.assert_close(plain(image), network(image), atol=1e-5, rtol=1e-4)
    assert without_norm(plain) is plain


@pytest.mark.parametrize(
    "wrong",
    [
        {"names": ()},
        {"names": ("a",), "continuous": ("b",)},
        {"names": ("a",), "resolution": 8},
        {"names": ("a",), "width": 0},
    ],
)
def test_predictor_config_is_checked(wrong: dict) -> None:
    with pytest.raises(OptionError):
        PredictorConfig(**wrong)

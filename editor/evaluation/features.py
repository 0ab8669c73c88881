"""How real sets of pictures look: distances from photos, and what the discriminator says of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from editor.errors import OptionError
from editor.metrics.attributes import PooledFeatures
from editor.metrics.distances import (
    frechet_distance,
    mean_features,
    sliced_wasserstein_distance,
)
from editor.models.discriminator import Discriminator
from editor.packs.features.inception import inception_is_present, load_inception
from editor.packs.features.squeezenet import load_squeezenet
from editor.session import Editor

LEAST = 10
BATCH = 64  # of the logits, which depend on it: the discriminator compares pictures of a batch


@dataclass(frozen=True)
class Features:
    """Features of pictures under a name: `of(images [N, 3, R, R]) → [N, F]` on the CPU."""

    name: str
    of: Callable[[Tensor], Tensor]


def pick_features(editor: Editor, squeezenet: Path | None = None) -> Features:
    """Choose features: SqueezeNet's if given, else Inception's if it is here, else the discriminator's.

    Args:
        editor: of the domain.
        squeezenet: SqueezeNet v1.0 as .npz.

    Raises:
        OptionError: there is none of them.
    """
    if squeezenet is not None:
        network = load_squeezenet(squeezenet)
        return Features("squeezenet", lambda images: mean_features(network, images))
    if inception_is_present():
        return Features("inception", load_inception(editor.engine.device, fetch=False))
    if not editor.engine.has_discriminator:
        raise OptionError(
            f"'{editor.info.name}' has no discriminator; give --features squeezenet_v1.0.npz"
        )

    critic = editor.engine.critic_features
    return Features("discriminator", lambda images: mean_features(critic, images))


def judge_features(squeezenet: Path) -> PooledFeatures:
    """Return SqueezeNet's features at 128 px and on a grid of 3×3, for a judge of attributes.

    No encoder or predictor learns from them, but a generator trained with `--features` does.

    Args:
        squeezenet: SqueezeNet v1.0 as .npz.
    """
    return PooledFeatures(load_squeezenet(squeezenet), resolution=128, grid=3)


@dataclass(frozen=True)
class Reference:
    """Photos that sets of pictures are compared with.

    Attributes:
        photos: [N, 3, R, R], RGB, in [-1, 1].
        features: which.
        found: [N, F], of the photos.
        critic: the domain's discriminator, where it has one.
    """

    photos: Tensor
    features: Features
    found: Tensor
    critic: Discriminator | None = None

    @classmethod
    def of(
        cls, photos: Tensor, features: Features, critic: Discriminator | None = None
    ) -> Reference:
        """Make a reference of photos, and compute their features.

        Raises:
            OptionError: the photos are too few for a distribution.
        """
        if len(photos) < LEAST:
            raise OptionError(f"{len(photos)} photos are too few; give at least {LEAST}")
        return cls(photos, features, features.of(photos), critic)

    @torch.no_grad()
    def logits(self, images: Tensor) -> Tensor | None:
        """Return the discriminator's logits [M], high for photos, or None where there is no discriminator.

        Args:
            images: [M, 3, R, R], RGB, in [-1, 1]; taken in order, 64 at a time.
        """
        if self.critic is None:
            return None
        device = self.critic.out.weight.device
        return torch.cat([self.critic(part.to(device)).cpu() for part in images.split(BATCH)])

    def realism(self, images: Tensor, found: Tensor | None = None) -> dict[str, float]:
        """Return the distances of a set of pictures from the photos, and the mean of their logits.

        Args:
            images: [M, 3, R, R], RGB, in [-1, 1].
            found: [M', F], features; those of `images` by default.
        """
        return self.distances(images, found) | self._logit(images)

    def _logit(self, images: Tensor) -> dict[str, float]:
        logits = self.logits(images)
        return {} if logits is None else {"logit": logits.mean().item()}

    def distances(self, images: Tensor, found: Tensor | None = None) -> dict[str, float]:
        """Return Fréchet and sliced Wasserstein distances of pictures from the photos, by name.

        The names say which features were compared, and how many pictures.

        Args:
            images: [M, 3, R, R], RGB, in [-1, 1].
            found: [M', F], features; those of `images` by default.
        """
        found = self.features.of(images) if found is None else found
        levels = sliced_wasserstein_distance(self.photos, images)
        return {
            f"frechet_{self.features.name}_{len(found)}": frechet_distance(self.found, found),
            f"swd_{len(images)}": sum(levels.values()) / len(levels),
        }

    def halves(self, seed: int = 0) -> dict[str, float]:
        """Return the distances between two random halves of the photos, and the photos' mean logit."""
        order = torch.randperm(len(self.photos), generator=torch.Generator().manual_seed(seed))
        first, second = order.chunk(2)
        second = second[: len(first)]
        half = Reference(self.photos[first], self.features, self.found[first])
        figures = half.distances(self.photos[second], self.found[second])
        return figures | self._logit(self.photos[order])

"""Several processes that train as one.

Every process draws the random numbers of the whole batch and takes its share of it; gradients are
averaged. The result is that of one process with the whole batch, up to the order of additions.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn

from editor.errors import OptionError


def group_columns(batch: int, group: int) -> int:
    """Return how many groups of the minibatch standard deviation a batch has, as columns.

    Args:
        batch: number of images.
        group: largest number of images in a group.
    """
    size = min(group, batch)
    while batch % size:
        size -= 1
    return batch // size


@dataclass(frozen=True)
class Ranks:
    """This process among those that train together.

    Attributes:
        rank: number of this process, from 0.
        world: how many there are.
    """

    rank: int = 0
    world: int = 1

    @property
    def main(self) -> bool:
        """Return whether this process writes the files."""
        return self.rank == 0

    def check_columns(self, columns: int) -> None:
        """Refuse batches whose groups cannot be shared out evenly.

        Raises:
            OptionError: `columns`, the groups of a batch, are not a multiple of twice the processes
                (R1 takes every second group).
        """
        if self.world > 1 and columns % (2 * self.world):
            raise OptionError(
                f"the batch has {columns} groups of the minibatch standard deviation; with "
                f"{self.world} processes it needs a multiple of {2 * self.world}: change --batch"
            )

    def share(self, values: Tensor, columns: int) -> Tensor:
        """Return this process's part [N / world, …] of values [N, …].

        Args:
            values: of the whole batch, which is laid out in rows of `columns`.
            columns: groups of the minibatch standard deviation; a group is a column and stays whole.
        """
        width = columns // self.world
        part = slice(self.rank * width, (self.rank + 1) * width)
        return values.reshape(-1, columns, *values.shape[1:])[:, part].flatten(0, 1)

    def some(self, values: Tensor, columns: int) -> Tensor:
        """Return every second group of this process's part of a batch, or all if their number is odd.

        Args:
            values: [N / world, …], from `share`.
            columns: groups of the whole batch.
        """
        width = columns // self.world
        if width % 2:
            return values
        some: Tensor = values.unflatten(0, (-1, width))[:, ::2].flatten(0, 1)
        return some

    def mean(self, values: Tensor) -> Tensor:
        """Return the mean of values over the processes, computed in place."""
        if self.world > 1:
            dist.all_reduce(values)
            values /= self.world
        return values

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by its mean over the processes."""
        if self.world == 1:
            return
        grads = [p.grad for p in parameters if p.grad is not None]
        flat = self.mean(torch.cat([grad.flatten() for grad in grads]))
        for grad, part in zip(grads, flat.split([g.numel() for g in grads]), strict=True):
            grad.copy_(part.view_as(grad))

    def update(self, network: nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        """Update a network once by the mean gradients of all processes."""
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.average_gradients(network.parameters())
        optimizer.step()

    def mean_losses(self, losses: dict[str, float]) -> dict[str, float]:
        """Return the mean of each loss over the processes, which is not finite if one of theirs is not."""
        if self.world == 1:
            return losses
        means = self.mean(torch.tensor(list(losses.values()), dtype=torch.float64))
        return dict(zip(losses, means.tolist(), strict=True))

    def agree(self, flag: bool) -> bool:
        """Return whether the flag is set in any process."""
        return flag if self.world == 1 else bool(self.mean(torch.tensor([float(flag)])).item() > 0)

    def wait(self) -> None:
        """Wait until every process has reached this call."""
        if self.world > 1:
            dist.barrier()

    def copy_from_main(self, modules: Iterable[nn.Module]) -> None:
        """Give every process the weights of the main one."""
        if self.world > 1:
            for module in modules:
                for tensor in module.state_dict().values():
                    dist.broadcast(tensor, src=0)


ALONE = Ranks()


@contextmanager
def join_ranks() -> Iterator[Ranks]:
    """Join the processes that torchrun started, until the `with` ends. Stay alone without torchrun.

    GPUs talk by NCCL where there is one (losses and flags by gloo), all else by gloo.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        yield ALONE
        return
    nccl = torch.cuda.is_available() and dist.is_nccl_available()  # not on Windows
    dist.init_process_group("cpu:gloo,cuda:nccl" if nccl else "gloo")
    try:
        yield Ranks(dist.get_rank(), world)
    finally:
        dist.destroy_process_group()


def local_device(device: torch.device) -> torch.device:
    """Return the GPU of this process where torchrun gave it one, else the device as it is."""
    if device.type == "cuda" and "LOCAL_RANK" in os.environ:
        return torch.device("cuda", int(os.environ["LOCAL_RANK"]))
    return device

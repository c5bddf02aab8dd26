"""One process, or the several on one or more machines that torchrun has started: what they share and who writes.

Lightning Fabric does the work: it finds its place from torchrun's environment, picks the device, and averages gradients.
"""

from __future__ import annotations

import logging
import os
import warnings
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor

from jambox.errors import BadInput
from jambox.train.batches import Shard

T = TypeVar("T")


class Processes:
    """The processes of a run as one of them sees them; BadInput where the wanted device is missing."""

    def __init__(self, device: Literal["auto", "cpu", "cuda"] = "cpu") -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from lightning_fabric import Fabric
        logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
        cuda = torch.cuda.is_available()
        if device == "cuda" and not cuda:
            raise BadInput("There is no GPU that torch could use here: set device to auto or cpu.")
        count = int(os.environ.get("WORLD_SIZE", "1"))
        here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        self.fabric = Fabric(
            accelerator="cuda" if cuda and device != "cpu" else "cpu",
            devices=here,
            num_nodes=count // here,
            strategy="ddp" if count > 1 else "auto",
        )
        self.fabric.launch()
        self.shard = Shard(self.fabric.global_rank, self.fabric.world_size)

    @property
    def first(self) -> bool:
        """Whether this process writes, validates and speaks."""
        return self.shard.index == 0

    @property
    def device(self) -> torch.device:
        """Where this process computes."""
        return self.fabric.device

    def mean(self, values: Tensor) -> Tensor:
        """Mean over the processes, the same in each."""
        return values if self.shard.count == 1 else self.fabric.all_reduce(values.detach(), reduce_op="mean")  # type: ignore[return-value]

    def any(self, flag: bool) -> bool:
        """Whether it is true in any process."""
        return flag if self.shard.count == 1 else float(self.mean(torch.tensor(float(flag), device=self.device))) > 0.0

    def from_first(self, value: T) -> T:
        """What the first process holds."""
        return value if self.shard.count == 1 else self.fabric.broadcast(value, src=0)

    def set_up(self, network: Any, optimizer: Any) -> Any:
        """The network as it is to be called in training, on its device: its calls average gradients."""
        return self.fabric.setup(network, optimizer)[0]

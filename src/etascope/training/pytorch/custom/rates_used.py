"""Whether optimizers train at the rates of their groups, or at others that they keep: `refuse_deaf`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from etascope.core.errors import InputError
from etascope.core.numbers import rate as written
from etascope.training.pytorch.batches import Batch
from etascope.training.pytorch.generators import random_state_kept, seed_all
from etascope.training.pytorch.group_rates import GroupRates
from etascope.training.pytorch.library import Device, Module, Optimizer, load_torch
from etascope.training.pytorch.networks import AnyNetworks
from etascope.training.pytorch.running_trial import Settings

#: Does one update of a module.
Update = Callable[[Module, Sequence[Optimizer]], None]
#: Moves that differ by less than this share are the same, and so many numbers of a parameter are looked at.
ALIKE, NUMBERS = 1e-3, 256


def refuse_deaf(
    networks: AnyNetworks,
    seed: int,
    device: Device,
    tried: Sequence[float],
    moves: bool,
    own: Update | None = None,
    names: str = "an optimizer",
) -> None:
    """Raise `InputError` where the parameters of a group move alike at two rates: they are trained at another one.

    Trials of one rate are built, updated at it, and then at another one. Where that raises, nothing is known. `tried`
    are rates that optimizers can be built with, ascending; `moves` says whether the rate of a trial moves from step to
    step; `own` is an update of the owner's own, and None steps the optimizers, of classes called `names`, on gradients
    of 1.
    """
    low, high = tried[0], tried[-1]

    def moved(built: float, rates: Sequence[float], restored: bool = False) -> list[Any]:
        with suppress(Exception), random_state_kept():
            return _moved(networks, seed, device, built, rates, own or _on_ones, restored)
        return []

    if own is None:
        deaf = _deaf(moved(low, [low]), moved(high, [high]))
        if deaf:
            raise InputError(
                f"optimizer must use the rates of its parameter groups, which the search sets; found {names}, which "
                f"moves {deaf} alike at {written(low)} and {written(high)}. Let its step() read "
                "group['lr'] each time."
            )
    if not moves:
        return
    pairs = [(moved(high, [high] * 3, restored), moved(high, [high, low, low], restored)) for restored in (True, False)]
    after, plain = (_deaf(*pair) for pair in pairs)
    if not plain and not after:
        return
    if own is not None and plain:
        raise InputError(
            "step must train at the rates that the optimizer's groups have at each step, because the schedule moves "
            f"them; found one that keeps {plain} at the rate of the beginning, as optimizer.defaults['lr'] "
            "is. Read group['lr'] of optimizer.param_groups, or leave schedule and warmup out."
        )
    if plain:
        raise InputError(
            "optimizer must use the rates that its parameter groups have at each step, because the schedule moves "
            f"them; found {names}, which keeps {plain} at the rate of the beginning. Let its step() read group['lr'] "
            "each time, or leave schedule and warmup out."
        )
    raise InputError(
        "optimizer must use the rates of its parameter groups also after load_state_dict(), with which trials go on; "
        f"found {names}, which then keeps {after} at that of the beginning. Let load_state_dict() hand the new groups "
        "to the optimizer inside, as self.base.param_groups = self.param_groups; or leave schedule and warmup out."
    )


def step_update(settings: Settings, batch: Batch) -> Update | None:
    """Return the update that a step of the owner's own makes on a batch; None where there is no such step."""
    step = settings.step
    if step is None:
        return None

    def update(module: Module, optimizers: Sequence[Optimizer]) -> None:
        one, given = batch.fresh(), optimizers[0] if len(optimizers) == 1 else list(optimizers)
        step(module, given, one.inputs, one.targets)

    return update


def _moved(
    networks: AnyNetworks,
    seed: int,
    device: Device,
    built: float,
    rates: Sequence[float],
    update: Update,
    restored: bool,
) -> list[Any]:
    """Return how far some numbers of each parameter moved, a list a group, in updates at these rates."""
    torch = load_torch()

    def trial() -> tuple[Module, list[Optimizer]]:
        seed_all(seed)
        module = networks.build(seed).to(device)
        return module, networks.optimizers(module, built)

    module, optimizers = trial()
    start, set_rates = _numbers(optimizers), GroupRates(optimizers)
    for number, rate in enumerate(rates):
        if restored and number == 1:
            checkpoint = networks.pack(module, optimizers, 1, built)
            module, optimizers = trial()
            set_rates = GroupRates(optimizers)
            networks.restore(module, optimizers, checkpoint)
        seed_all(seed)
        set_rates.set(rate)
        update(module, optimizers)
    return [torch.cat(group) - torch.cat(before) for group, before in zip(_numbers(optimizers), start, strict=True)]


def _numbers(optimizers: Sequence[Optimizer]) -> list[list[Any]]:
    groups = [group["params"] for optimizer in optimizers for group in optimizer.param_groups]
    return [[p.detach().flatten()[:NUMBERS].cpu().double().clone() for p in group] for group in groups]


def _on_ones(module: Module, optimizers: Sequence[Optimizer]) -> None:
    torch = load_torch()
    for parameter in module.parameters():
        parameter.grad = torch.ones_like(parameter)
    for optimizer in optimizers:
        optimizer.step()


def _deaf(one: Sequence[Any], other: Sequence[Any]) -> str:
    """Return the first group that moved, and moved alike; nothing where there is none, or nothing is known."""
    for number, (mine, theirs) in enumerate(zip(one, other, strict=False), 1):
        far = float(mine.norm())
        if far > 0 and float((mine - theirs).norm()) <= ALIKE * far:
            return "its parameters" if len(one) == 1 else f"parameter group {number} of {len(one)}"
    return ""

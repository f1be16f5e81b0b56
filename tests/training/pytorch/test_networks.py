import math

import pytest
import torch

from etascope.core.errors import InputError
from etascope.core.recipe import OPTIMIZERS, Recipe
from etascope.training.pytorch.networks import AnyNetworks, distance, finite_weights, recipe_optimizer, spoil, trainable
from tests.training import reference
from tests.training.pytorch.networks import Linear, Small, same_module


def networks(make=Small, recipe=None):
    recipe = recipe or Recipe(optimizer="adamw")
    return AnyNetworks(lambda seed: make(), lambda m, rate: [recipe_optimizer(recipe, trainable(m), rate)])


def train(module, optimizer, steps=3):
    torch.manual_seed(0)
    for _ in range(steps):
        optimizer.zero_grad()
        module(torch.rand(4, 1, 8, 8)).square().mean().backward()
        optimizer.step()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_training_goes_on_from_a_checkpoint_with_the_same_bits(optimizer):
    stack = networks(recipe=Recipe(optimizer=optimizer))
    one = stack.build(0)
    (update,) = stack.optimizers(one, 0.01)
    train(one, update)
    kept = stack.pack(one, [update], 3, 0.01)
    other = stack.build(0)
    (again,) = stack.optimizers(other, 0.5)
    assert not same_module(one, other)
    stack.restore(other, [again], kept)
    train(one, update)
    train(other, again)
    assert same_module(one, other)
    assert one.norm.num_batches_tracked == 6
    assert kept.step == 3


def test_a_checkpoint_of_another_model_is_refused():
    stack = networks()
    one = stack.build(0)
    kept = stack.pack(one, stack.optimizers(one, 0.1), 0, 0.0)
    other = networks(Linear)
    module = other.build(0)
    with pytest.raises(InputError, match="weights do not fit it"):
        other.restore(module, other.optimizers(module, 0.1), kept)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_optimizer_is_pytorchs_with_its_defaults(optimizer):
    recipe, module = Recipe(optimizer=optimizer), Linear()
    ours = recipe_optimizer(recipe, list(module.parameters()), 0.3)
    theirs = reference.optimizer_of(module, recipe, 0.3)
    assert type(ours) is type(theirs)
    assert ours.defaults == theirs.defaults


def test_frozen_parameters_do_not_train():
    module = Small()
    module.conv.requires_grad_(False)
    assert len(trainable(module)) == 4
    module.requires_grad_(False)
    with pytest.raises(InputError, match="found 6 parameters, all frozen"):
        trainable(module)


def test_a_spoiled_module_is_seen():
    module = Small()
    module.conv.requires_grad_(False)
    assert finite_weights(module)
    spoil(module)
    assert not finite_weights(module)
    assert torch.isfinite(module.conv.weight).all()


class Held(Linear):
    def __init__(self, dtype=torch.float32, size=3):
        super().__init__()
        self.register_buffer("held", torch.zeros(size, dtype=dtype), persistent=False)
        self.head.register_buffer("mask", torch.ones(2, 2).to_sparse(), persistent=False)
        self.register_buffer("nothing", None, persistent=False)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.bool, torch.complex64, torch.int64])
def test_buffers_beside_the_state_are_kept(dtype):
    stack = networks(lambda: Held(dtype))
    one = stack.build(0)
    (update,) = stack.optimizers(one, 0.01)
    one.held.fill_(1)
    kept = stack.pack(one, [update], 3, 0.01)
    other = stack.build(0)
    there = other.held
    stack.restore(other, stack.optimizers(other, 0.01), kept)
    assert torch.equal(other.held, one.held)
    # What holds on to the buffer sees it too.
    assert other.held is there


def test_a_buffer_that_has_grown_is_kept_and_another_model_refused():
    stack = networks(Held)
    one = stack.build(0)
    one.held = torch.arange(5.0)
    kept = stack.pack(one, stack.optimizers(one, 0.01), 3, 0.01)
    other = stack.build(0)
    stack.restore(other, stack.optimizers(other, 0.01), kept)
    assert other.held.tolist() == [0, 1, 2, 3, 4]
    assert "buffers" not in networks(Linear).pack(Linear(), [], 0, 0.1).state


class Stateless(torch.optim.SGD):
    def state_dict(self):
        raise AttributeError("_hooks")


class Unloaded(torch.optim.SGD):
    def load_state_dict(self, state_dict):
        raise NotImplementedError


@pytest.mark.parametrize(("kind", "name"), [(Stateless, "state_dict"), (Unloaded, "load_state_dict")])
def test_an_optimizer_that_does_not_give_or_take_its_state_is_refused(kind, name):
    stack = AnyNetworks(lambda seed: Linear(), lambda m, rate: [kind(m.parameters(), lr=rate)])
    one = stack.build(0)
    with pytest.raises(InputError, match=rf"; {name} of {kind.__name__} raised"):  # noqa: PT012
        kept = stack.pack(one, stack.optimizers(one, 0.1), 0, 0.1)
        stack.restore(one, stack.optimizers(one, 0.1), kept)


def test_a_distance_is_a_share_of_the_way():
    start, end, other = ([torch.tensor([x, 0.0])] for x in (0.0, 2.0, 3.0))
    assert distance(end, end, (start, end)) == 0
    assert distance(end, other, (start, end)) == 0.5
    assert distance(end, other, (end, end)) == math.inf
    assert distance(end, [torch.zeros(3)], (start, end)) == math.inf
    assert distance(end, [torch.tensor([math.nan, 0.0])], (start, end)) == 0

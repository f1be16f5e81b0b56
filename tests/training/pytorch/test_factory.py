import sys

import pytest
import torch
from torch import nn

from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.training.pytorch.factory import ImageNetworks, made, made_again
from etascope.training.pytorch.named_models import factory_of
from tests.training.pytorch.networks import CLASSES, SHAPE, Linear, Small, images, same_module


def raises(n_classes, shape):
    raise RuntimeError("no weights here:\nsecond line")


def narrow(n_classes, shape):
    return Linear(n_classes - 1, shape)


def other_shape(n_classes, shape):
    return Linear(n_classes, (1, 4, 4))


def frozen(n_classes, shape):
    return Linear(n_classes, shape).requires_grad_(False)


def leaves(n_classes, shape):
    sys.exit(3)


class Wrapped(nn.Module):
    def __init__(self, n_classes, shape):
        super().__init__()
        self.inner = Linear(n_classes, shape)

    def forward(self, x):
        return {"logits": self.inner(x)}


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        (raises, r"factory raises must make a model .* it raised RuntimeError: no weights here\.$"),
        (leaves, r"it raised SystemExit: 3"),
        (lambda n, shape: "a model", r"must return an nn.Module; found str"),
        (lambda n, shape: Linear, r"must return an nn.Module; found type"),
        (lambda n: Linear(n), r"it raised TypeError"),
        (narrow, r"must return 3 scores for each of 2 examples.*found an output of shape \(2, 2\)"),
        (other_shape, r"must take images of shape \(batch, 1, 8, 8\); it raised RuntimeError.*Change the model or"),
        (Wrapped, r"must return a tensor of scores \(batch, 3\); found dict"),
        (frozen, r"at least one parameter that trains"),
    ],
)
def test_a_factory_that_cannot_be_used_is_refused_in_a_sentence(factory, message):
    with pytest.raises(InputError, match=message) as caught:
        ImageNetworks.checked(factory, images(), Recipe())
    assert "\n" not in str(caught.value)


def test_what_a_factory_prints_is_no_part_of_a_document(capsys):
    def prints(n_classes, shape):
        print("building")
        return nn.Linear(1, 1)

    made(prints, 3, SHAPE)
    assert capsys.readouterr() == ("", "building\n")


def test_what_a_factory_says_itself_is_passed_on():
    def refuses(n_classes, shape):
        raise InputError("give it colour.")

    with pytest.raises(InputError, match="give it colour"):
        made(refuses, 3, SHAPE)


def test_a_checkpoint_says_how_its_model_was_made():
    networks = ImageNetworks.checked(Small, images(), Recipe())
    module = networks.build(0)
    kept = networks.pack(module, networks.optimizers(module, 0.1), 0, 0.0)
    again = made_again(kept, Small, factory_of)
    assert [p.shape for p in again.parameters()] == [p.shape for p in module.parameters()]
    assert networks.forward == 64 * 4 * 9 + 256 * 3
    networks.restore(again, networks.optimizers(again, 0.1), kept)
    assert same_module(again, module)
    with pytest.raises(InputError, match="Give the engine its factory"):
        made_again(kept, None, factory_of)


def test_the_initial_weights_follow_the_generator():
    networks = ImageNetworks.checked(Linear, images(), Recipe())
    torch.manual_seed(3)
    one = networks.build(3)
    torch.manual_seed(3)
    assert same_module(one, Linear(CLASSES, SHAPE))


def test_a_named_model_is_made_again_by_its_name():
    recipe = Recipe(model="cnn")
    networks = ImageNetworks.checked(factory_of("cnn"), images(), recipe)
    module = networks.build(0)
    kept = networks.pack(module, networks.optimizers(module, 0.1), 0, 0.0)
    assert made_again(kept, None, factory_of)(torch.zeros(1, *SHAPE)).shape == (1, CLASSES)
    with pytest.raises(InputError, match="does not say how its model was made"):
        made_again(networks.networks.pack(module, [], 0, 0.0), None, factory_of)


def test_layers_that_find_their_own_size_have_found_it_when_a_trial_begins():
    def lazy(n_classes, shape):
        return nn.Sequential(
            nn.Flatten(), nn.LazyLinear(4), nn.LazyBatchNorm1d(), nn.Dropout(0.5), nn.LazyLinear(n_classes)
        )

    module = made(lazy, CLASSES, SHAPE)
    assert [tuple(p.shape) for p in module.parameters()] == [(4, 64), (4,), (4,), (4,), (3, 4), (3,)]
    assert all(part.training for part in module.modules())
    assert module[2].num_batches_tracked == 0
    with pytest.raises(InputError, match=r"must take images of shape \(batch, 1, 8, 8\); it raised"):
        made(lambda n, shape: nn.Sequential(nn.LazyLinear(4), nn.Linear(3, n)), CLASSES, SHAPE)

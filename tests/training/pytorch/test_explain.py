from collections import OrderedDict

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from etascope.training.pytorch import explain
from etascope.training.pytorch.explain import explain_module
from tests.training.pytorch.networks import Small

CPU = torch.device("cpu")


def pictures(n=5, side=8):
    return np.random.default_rng(0).random((n, 1, side, side), np.float32)


def test_the_leaves_of_a_convolutional_net_are_laid_open():
    module, x = Small(), pictures()
    layers = explain_module(module, x, CPU)
    described = [(layer.name, layer.kind, layer.weights, layer.values.shape) for layer in layers]
    assert described == [
        ("input", "input", (), (5, 1, 8, 8)),
        ("conv (Conv2d)", "hidden", (4, 1, 3, 3), (5, 4, 8, 8)),
        ("norm (BatchNorm2d) + ReLU", "relu", (4,), (5, 4, 8, 8)),
        ("head", "logits", (256, 3), (5, 3)),
    ]
    with torch.no_grad():
        np.testing.assert_array_equal(layers[-1].values, module(torch.from_numpy(x)))
    assert 0 < layers[2].active == np.mean(layers[2].values > 0) < 1
    assert layers[2].saturated is None


def test_an_activation_with_ends_tells_how_much_is_saturated():
    module = nn.Sequential(OrderedDict(lift=nn.Linear(1, 1), act=nn.Sigmoid(), out=nn.Linear(1, 2)))
    with torch.no_grad():
        module.lift.weight.fill_(1.0)
        module.lift.bias.zero_()
    layers = explain_module(module, np.array([[-9], [0], [1], [9]], np.float32), CPU)
    assert layers[1].name == "lift + Sigmoid"
    assert layers[1].ends == (0.0, 1.0)
    assert layers[1].saturated == 0.5


def test_work_in_place_afterwards_is_not_seen():
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(72, 3))
    layers = explain_module(module, pictures(), CPU)
    assert (layers[1].values < 0).any()


def test_a_layer_used_twice_is_shown_twice():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.act = nn.Linear(4, 4), nn.Tanh()

        def forward(self, x):
            return self.act(self.one(self.act(self.one(x)))) * 2

    layers = explain_module(Twice(), np.ones((2, 4), np.float32), CPU)
    assert [layer.name for layer in layers] == ["input", "one + Tanh", "one + Tanh", "output"]
    np.testing.assert_array_equal(layers[-1].values, layers[-2].values * 2)


@pytest.mark.parametrize("piece", [2, 128])
def test_pieces_come_together(piece, monkeypatch):
    module, x = Small(), pictures(7)
    whole = explain_module(module, x, CPU)
    monkeypatch.setattr(explain, "PIECE", piece)
    for ours, theirs in zip(explain_module(module, x, CPU), whole, strict=True):
        np.testing.assert_allclose(ours.values, theirs.values, rtol=0, atol=1e-6)


def test_layers_between_are_left_out_where_they_would_fill_memory(monkeypatch):
    module, x = Small(), pictures(7)
    whole = explain_module(module, x, CPU)
    monkeypatch.setattr(explain, "MOST_NUMBERS", 3000)
    layers = explain_module(module, x, CPU)
    assert [layer.kind for layer in layers] == ["input", "logits"]
    np.testing.assert_allclose(layers[-1].values, whole[-1].values, rtol=0, atol=1e-6)
    assert len(explain_module(module, x[:1], CPU)) == 4


class SequenceFirst(nn.Module):
    """Has eight rows whatever comes in, as a transformer of sequences `(length, batch, width)` may."""

    def __init__(self):
        super().__init__()
        self.inner, self.out = nn.Linear(8, 5), nn.Linear(5, 3)

    def forward(self, x):
        return self.out(self.inner(x[:, 0].transpose(0, 1)).mean(0))


@pytest.mark.parametrize("n", [1, 2, 8, explain.PIECE + 8])
def test_an_output_that_has_as_many_rows_as_inputs_by_chance_is_no_layer(n):
    layers = explain_module(SequenceFirst(), pictures(n), CPU)
    assert [(layer.name, len(layer.values)) for layer in layers] == [("input", n), ("out", n)]


def test_a_weight_that_is_made_of_others_is_no_layer_and_what_has_it_is():
    width = explain.PIECE
    module = nn.Sequential(nn.Flatten(), weight_norm(nn.Linear(64, width)), nn.ReLU(), nn.Linear(width, 3))
    layers = explain_module(module, pictures(width + 5), CPU)
    assert [(layer.name, layer.weights) for layer in layers[1:]] == [("1 + ReLU", (64, width)), ("3", (width, 3))]


def test_of_a_recurrent_layer_the_sequence_is_shown():
    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.cells, self.out = nn.LSTM(8, 6, batch_first=True), nn.Linear(6, 3)

        def forward(self, x):
            return self.out(self.cells(x[:, 0])[0][:, -1])

    layers = explain_module(Recurrent(), pictures(), CPU)
    assert [(layer.name, layer.values.shape) for layer in layers[1:]] == [("cells (LSTM)", (5, 8, 6)), ("out", (5, 3))]

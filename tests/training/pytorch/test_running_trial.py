import copy

import pytest
import torch

from etascope.core.errors import InputError
from etascope.training.pytorch.batches import Batch
from etascope.training.pytorch.custom.objective import AnyLoss
from etascope.training.pytorch.group_rates import GroupRates, rate_ratios
from etascope.training.pytorch.networks import spoil
from etascope.training.pytorch.objective import CrossEntropy
from etascope.training.pytorch.running_trial import RunningTrial, Settings
from tests.training.pytorch.networks import Linear, Small, same_module

CPU = torch.device("cpu")


def batch(size=8, seed=0):
    generator = torch.Generator().manual_seed(seed)
    targets = torch.randint(0, 3, (size,), generator=generator)
    return Batch(torch.rand(size, 1, 8, 8, generator=generator), targets, size)


def running(module, optimizer=None, **settings):
    optimizer = optimizer or torch.optim.SGD([p for p in module.parameters() if p.requires_grad], lr=1.0)
    return RunningTrial(module, [optimizer], CrossEntropy(3), Settings(CPU, **settings))


def parts(whole, *sizes):
    return [
        Batch(x, y, len(y))
        for x, y in zip(whole.inputs.split(list(sizes)), whole.targets.split(list(sizes)), strict=True)
    ]


def test_a_step_is_that_of_a_plain_loop():
    ours, theirs, whole = Linear(), Linear(), batch()
    theirs.load_state_dict(ours.state_dict())
    loss, right = running(ours).step([whole], 0.1)
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.1)
    scores = theirs(whole.inputs)
    expected = torch.nn.functional.cross_entropy(scores, whole.targets)
    expected.backward()
    optimizer.step()
    assert loss.item() == pytest.approx(expected.item())
    assert right.item() == (scores.argmax(1) == whole.targets).sum().item()
    assert same_module(ours, theirs)


def test_accumulated_parts_give_the_gradient_of_the_whole_batch():
    ours, theirs, whole = Linear(), Linear(), batch()
    theirs.load_state_dict(ours.state_dict())
    one = running(ours).step(parts(whole, 3, 3, 2), 0.5)
    other = running(theirs).step([whole], 0.5)
    assert [a.item() for a in one] == pytest.approx([b.item() for b in other])
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_gradients_are_shortened_to_the_norm():
    module, whole = Linear(), batch()
    before = copy.deepcopy(module)
    running(module, clip_norm=0.01).step([whole], 1.0)
    moved = sum(((a - b) ** 2).sum() for a, b in zip(module.parameters(), before.parameters(), strict=True)).sqrt()
    assert moved.item() == pytest.approx(0.01, rel=1e-3)


def test_bfloat16_rounds_the_forward_pass_and_leaves_the_weights_whole():
    ours, theirs, whole = Linear(), Linear(), batch()
    theirs.load_state_dict(ours.state_dict())
    mixed, full = running(ours, precision="bf16-mixed").step([whole], 0.1), running(theirs).step([whole], 0.1)
    assert 0 < abs(mixed[0].item() - full[0].item()) < 0.02
    assert all(p.dtype == torch.float32 for p in ours.parameters())


def test_frozen_layers_stay():
    module = Small()
    module.conv.requires_grad_(False)
    before = copy.deepcopy(module)
    running(module).step([batch()], 0.1)
    assert torch.equal(module.conv.weight, before.conv.weight)
    assert not torch.equal(module.head.weight, before.head.weight)


def test_groups_keep_the_ratios_of_their_rates():
    module = Small()
    optimizer = torch.optim.SGD(
        [{"params": module.head.parameters()}, {"params": module.conv.parameters(), "lr": 0.02}], lr=0.2
    )
    one = running(module, optimizer)
    assert GroupRates(one.optimizers).ratios == [[1.0, pytest.approx(0.1)]]
    one.step([batch()], 3.0)
    assert [g["lr"] for g in optimizer.param_groups] == pytest.approx([3.0, 0.3])


def test_a_rate_that_is_a_tensor_stays_one():
    module = Linear()
    optimizer = torch.optim.Adam(module.parameters(), lr=torch.tensor(0.1))
    running(module, optimizer).step([batch()], 0.25)
    assert isinstance(optimizer.param_groups[0]["lr"], torch.Tensor)
    assert optimizer.param_groups[0]["lr"].item() == 0.25


def test_several_optimizers_all_step():
    module = Small()
    pair = [torch.optim.SGD(module.head.parameters(), lr=1.0), torch.optim.AdamW(module.conv.parameters(), lr=0.1)]
    before = copy.deepcopy(module)
    one = RunningTrial(module, pair, CrossEntropy(3), Settings(CPU))
    assert GroupRates(one.optimizers).ratios == [[1.0], [pytest.approx(0.1)]]
    one.step([batch()], 0.5)
    assert pair[1].param_groups[0]["lr"] == pytest.approx(0.05)
    assert not torch.equal(module.head.weight, before.head.weight)
    assert not torch.equal(module.conv.weight, before.conv.weight)


def test_a_step_of_ones_own_gets_everything_and_returns_the_loss():
    module, calls = Linear(), []

    def step(model, optimizer, inputs, targets):
        calls.append((model, optimizer.param_groups[0]["lr"], inputs.shape, targets.shape))
        return torch.tensor([1.5])

    loss, right = running(module, step=step).step([batch()], 0.25)
    assert calls == [(module, 0.25, (8, 1, 8, 8), (8,))]
    assert loss.item() == 1.5
    assert right.isnan()
    with pytest.raises(InputError, match=r"step must return the loss of the batch, one number; found .* \(2,\)"):
        running(module, step=lambda *_: torch.zeros(2)).step([batch()], 0.25)


def test_a_rate_beyond_all_numbers_spoils_the_module_and_does_not_raise():
    module = Linear()
    one = running(module, torch.optim.Adam(module.parameters(), lr=1.0))
    one.step([batch()], 1e300)
    assert not torch.isfinite(module.head.weight).all()


def test_modes_are_those_of_training_and_frozen_parts_stay_frozen():
    module = Small()
    module.norm.eval()
    one, mean = running(module), module.norm.running_mean.clone()
    one.step([batch()], 0.1)
    assert torch.equal(module.norm.running_mean, mean)
    one.evaluating()
    assert not module.drop.training
    one.training()
    assert (module.training, module.drop.training, module.norm.training) == (True, True, False)
    asleep = Small().eval()
    running(asleep)
    assert asleep.norm.training


def test_judging_trains_nothing():
    module = Small()
    one, before = running(module), copy.deepcopy(module)
    one.evaluating()
    judged = one.judge(batch())
    assert judged.example_losses.shape == (6, 8)
    assert not judged.loss.requires_grad
    assert same_module(module, before)


def test_optimizers_without_a_rate_are_refused():
    class Rateless(torch.optim.Optimizer):
        def __init__(self, parameters):
            super().__init__(parameters, {})

    weight = torch.nn.Parameter(torch.zeros(2))
    with pytest.raises(InputError, match=r"have a learning rate, lr; found Rateless without one"):
        rate_ratios([Rateless([weight])])
    with pytest.raises(InputError, match="found dict without one"):
        rate_ratios([{}])
    with pytest.raises(InputError, match="whose lr are all 0"):
        rate_ratios([torch.optim.SGD([weight], lr=0.0)])


def test_a_loss_of_ones_own_is_trained_in_parts_shortened_like_any_other():
    def own(module, inputs, targets):
        return torch.nn.functional.cross_entropy(module(inputs), targets)

    whole, outcomes = batch(), []
    for settings in ({}, {"train_loss": own}):
        module = Linear()
        torch.manual_seed(0)
        torch.nn.init.normal_(module.head.weight)
        torch.nn.init.zeros_(module.head.bias)
        one = running(module, clip_norm=0.1, precision="bf16-mixed", **settings)
        outcomes.append((one.step(parts(whole, 3, 3, 2), 0.5)[0].item(), module))
    assert outcomes[0][0] == outcomes[1][0]
    assert same_module(outcomes[0][1], outcomes[1][1])


def test_a_loss_of_ones_own_knows_nothing_of_what_is_right():
    one = running(Linear(), train_loss=lambda module, inputs, targets: module(inputs).square().mean())
    loss, right = one.step([batch()], 0.1)
    assert loss.item() > 0
    assert right.isnan()


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (lambda module, inputs, targets: 0.5, "loss must return a tensor that can be trained; found float"),
        (lambda module, inputs, targets: module(inputs), "one number a batch"),
        (lambda module, inputs, targets: module(inputs).mean().detach(), "not detached"),
    ],
)
def test_a_loss_of_ones_own_that_cannot_be_trained_is_refused(own, message):
    with pytest.raises(InputError, match=message):
        running(Linear(), train_loss=own).step([batch()], 0.1)


class Strict(Linear):
    """Needs two examples in training, as BatchNorm does."""

    def forward(self, x):
        if self.training and len(x) < 2:
            raise ValueError("Expected more than 1 value per channel\nsecond line")
        return super().forward(x)


def test_what_raises_in_a_step_is_told_in_a_sentence():
    def fails(*_):
        raise KeyError("boom")

    def refuse(message, one, size=8):
        with pytest.raises(InputError, match=message) as caught:
            one.step([batch(size)], 0.1)
        assert "\n" not in str(caught.value)

    refuse(
        r"the model must take every batch.*\(1, 1, 8, 8\) it raised ValueError: Expected.*one example",
        running(Strict()),
        1,
    )
    refuse("step must train on every batch.*KeyError", running(Linear(), step=fails))
    refuse(
        "step must return the loss of the batch, one number; found NoneType", running(Linear(), step=lambda *_: None)
    )
    module = Linear()
    refuse("update the weights with step.*LBFGS", running(module, torch.optim.LBFGS(module.parameters())))
    for loss, message in (
        (fails, "loss must take the outputs"),
        (lambda o, t: o.detach().mean(), "must depend on the"),
    ):
        module = Linear()
        refuse(
            message,
            RunningTrial(module, [torch.optim.SGD(module.parameters(), lr=1.0)], AnyLoss(loss, 1.0), Settings(CPU)),
        )
    with pytest.raises(InputError, match=r"loss must take the outputs and targets of every batch.*KeyError"):
        RunningTrial(module, [torch.optim.SGD(module.parameters(), lr=1.0)], AnyLoss(fails, 1.0), Settings(CPU)).judge(
            batch()
        )


def test_what_raises_where_weights_are_not_finite_has_diverged():
    def fails(*_):
        raise ValueError("not in [0, 1]")

    module = Linear()
    spoil(module)
    one = RunningTrial(module, [torch.optim.SGD(module.parameters(), lr=1.0)], AnyLoss(fails, 1.0), Settings(CPU))
    loss, _ = one.step([batch()], 0.1)
    assert loss.isnan()
    judged = one.judge(batch())
    assert judged.loss.isnan()
    assert judged.example_losses.isnan().all()
    assert judged.example_losses.shape[1] == 8
    assert running(module, step=fails).step([batch()], 0.1)[0].isnan()


class Averaging(torch.optim.SGD):
    """Has other weights in validation than in training, as optimizers without a schedule do."""

    turns = ()

    def train(self):
        self.turns = (*self.turns, "train")

    def eval(self):
        self.turns = (*self.turns, "eval")


def test_an_optimizer_with_modes_is_turned_with_the_model():
    module = Linear()
    optimizer = Averaging(module.parameters(), lr=0.1)
    one = running(module, optimizer)
    one.step([batch()], 0.1)
    one.evaluating()
    one.training()
    assert optimizer.turns == ("train", "eval", "train")

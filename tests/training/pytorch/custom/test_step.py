import pytest
import torch
from torch import nn

from etascope.core.errors import InputError
from etascope.torch import TrainingOptions, pick
from etascope.training.pytorch.custom.step import FirstUpdate, refuse_idle, refuse_uneven
from tests.test_torch import loaders, sgd
from tests.training.pytorch.networks import Linear

INSTEAD = r"leave step out and give accumulate=, with train_loss= for a loss of your own\.$"


def learn(model, inputs, targets):
    loss = nn.functional.cross_entropy(model(inputs), targets)
    loss.backward()
    return loss


def watched():
    model = Linear()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return model, optimizer, FirstUpdate(model, [optimizer])


def once(first, do):
    first.before()
    do()
    first.after()
    return first.made, first.waits


def with_gradients(model, value=1.0):
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, value)


def in_place(model):
    with torch.no_grad():
        model.head.bias.add_(0.0)


def by_data(model):
    model.head.bias.data += 0.5


@pytest.mark.parametrize("kind", ["optimizer", "at a rate of 0", "in place", "by .data"])
def test_an_update_is_seen_however_it_is_made(kind):
    model, optimizer, first = watched()
    assert once(first, lambda: with_gradients(model)) == (False, True)
    if kind == "at a rate of 0":
        optimizer.param_groups[0]["lr"] = 0.0
    update = {"in place": lambda: in_place(model), "by .data": lambda: by_data(model)}.get(kind, optimizer.step)
    assert once(first, update) == (True, False)
    assert once(first, lambda: with_gradients(model)) == (True, False)


@pytest.mark.parametrize("value", [0.0, float("inf"), float("nan"), None])
def test_nothing_waits_where_there_is_no_gradient_to_use(value):
    model, _, first = watched()
    if value is not None:
        with_gradients(model, value)
    assert once(first, lambda: None) == (False, False)


def test_weights_that_are_not_finite_are_no_update():
    model, _, first = watched()
    model.head.weight.data.fill_(float("nan"))
    assert once(first, lambda: None) == (False, False)


def test_trials_that_are_treated_alike_are_left_alone():
    pairs = [watched() for _ in range(3)]
    for model, _, first in pairs:
        once(first, lambda model=model: with_gradients(model))
    trials = [first for *_, first in pairs]
    refuse_uneven(trials)
    with pytest.raises(InputError, match=r"found none that 8 steps of a trial updated.*" + INSTEAD):
        refuse_idle(trials, 8)
    once(trials[0], pairs[0][1].step)
    refuse_idle(trials, 8)
    with pytest.raises(InputError, match=r"found 1 of 3 that were updated, while 2 wait.*" + INSTEAD):
        refuse_uneven(trials)
    for _, optimizer, first in pairs:
        once(first, optimizer.step)
    refuse_uneven(trials)
    refuse_idle([], 8)


@pytest.mark.parametrize("every", [2, 3, 5, 7, 9, 40, 10**6])
def test_a_count_that_trials_share_is_refused(every):
    count = [0]

    def step(model, optimizer, inputs, targets):
        loss = learn(model, inputs, targets)
        count[0] += 1
        if count[0] % every == 0:
            optimizer.step()
            optimizer.zero_grad()
        return loss

    with pytest.raises(InputError, match=INSTEAD):
        pick(Linear(), *loaders(), sgd, epochs=2, training=TrainingOptions(step=step))


def test_a_step_that_never_updates_is_refused_and_one_that_counts_on_the_model_where_no_checkpoint_has_it():
    with pytest.raises(InputError, match=r"Call optimizer\.step\(\) in it"):
        pick(
            Linear(),
            *loaders(),
            sgd,
            epochs=2,
            training=TrainingOptions(step=lambda model, _, *pair: learn(model, *pair)),
        )

    def step(model, optimizer, inputs, targets):
        loss = learn(model, inputs, targets)
        model.count = getattr(model, "count", 0) + 1
        if model.count % 2 == 0:
            optimizer.step()
            optimizer.zero_grad()
        return loss

    with pytest.raises(InputError, match=r"found count of Linear, .* leave step out and give accumulate="):
        pick(Linear(), *loaders(), sgd, epochs=2, training=TrainingOptions(step=step))


def test_a_scaler_that_trials_share_may_leave_steps_out():
    scaler = torch.amp.GradScaler("cpu", init_scale=3e38)

    def step(model, optimizer, inputs, targets):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs), targets)
        scaler.scale(10 * loss).backward()
        scaler.step(optimizer)
        scaler.update()
        return loss

    assert pick(Linear(), *loaders(), sgd, epochs=2, training=TrainingOptions(step=step)).torch.untouched.same

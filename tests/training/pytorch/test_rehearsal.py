import copy
import gc
import random
import time
import weakref

import numpy as np
import pytest
import torch
from bench.grid_search import GridSearch
from torch import nn

from etascope.core.errors import InputError
from etascope.torch import pick
from tests.test_torch import loaders, sgd
from tests.training.pytorch.networks import Linear, Small
from tests.training.pytorch.worded import worded

CROSS = nn.functional.cross_entropy


@pytest.fixture(autouse=True)
def _same_weights():
    torch.manual_seed(0)


def seeded(make, *values, **named):
    torch.manual_seed(0)
    return make(*values, **named)


def search(model=None, optimizer=sgd, **more):
    return pick(model or seeded(Linear), *loaders(), optimizer, epochs=1, **worded(more))


def minds(run):
    return [
        sentence
        for sentence in map(str, run.choice.reasons)
        if sentence.startswith("Mind the training: the same trial")
    ]


class Counts(Linear):
    """Warms up by a count that no checkpoint has."""

    def __init__(self):
        super().__init__()
        self.head.steps = 0

    def forward(self, x):
        if self.training:
            self.head.steps += 1
        return super().forward(x) * min(1.0, (1 + self.head.steps) / 9)


class DecidesLater(Linear):
    """Goes another way after so many batches, which a list counts."""

    def __init__(self):
        super().__init__()
        self.sizes, self.last, self.began = [], 0.0, time.time()

    def forward(self, x):
        if self.training:
            self.sizes.append(len(x))
            self.last, self.began = float(x.sum()), time.time()
        return super().forward(x) * (1 if len(self.sizes) <= 8 else 3)


class InEval(Linear):
    """Validates with an average of its weights that no checkpoint has."""

    def __init__(self):
        super().__init__()
        self.averages = [copy.deepcopy(self.head)]

    def forward(self, x):
        if not self.training:
            return self.averages[0](x.flatten(1))
        with torch.no_grad():
            for mine, theirs in zip(self.averages[0].parameters(), self.head.parameters(), strict=True):
                mine.lerp_(theirs, 0.3)
        return super().forward(x)


class Buffered(Linear):
    def __init__(self, *, persistent):
        super().__init__()
        self.register_buffer("steps", torch.tensor(0.0), persistent=persistent)

    def forward(self, x):
        if self.training:
            self.steps += 1
        return super().forward(x) * torch.clamp((1 + self.steps) / 9, max=1)


class OwnGenerator(Linear):
    def __init__(self):
        super().__init__()
        self.noise = np.random.default_rng(3)

    def forward(self, x):
        return super().forward(x + torch.from_numpy(self.noise.normal(size=x.shape)).float())


class ForAll(Linear):
    """Counts in its class, which copies share."""

    calls = 0

    def forward(self, x):
        ForAll.calls += 1
        return super().forward(x) / ForAll.calls**0.5


class Averages(torch.optim.SGD):
    """Keeps its momentum in an attribute."""

    def __init__(self, groups, lr):
        super().__init__(groups, lr=lr)
        self.momenta = []

    @torch.no_grad()
    def step(self):
        gradients = [p.grad for group in self.param_groups for p in group["params"]]
        self.momenta = [0.9 * m + g for m, g in zip(self.momenta or gradients, gradients, strict=True)]
        for p, m in zip(self.param_groups[0]["params"], self.momenta, strict=True):
            p -= self.param_groups[0]["lr"] * m


class CountsCalls:
    __slots__ = ("calls",)

    def __init__(self):
        self.calls = 0

    def every(self, calls):
        self.calls += 1
        return 0.2 if self.calls % calls == 0 else 1.0


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Counts, r"found head\.steps of Counts, .* as self\.register_buffer\(\"steps\", torch\.tensor\(0\.0\)\)"),
        (InEval, r"found averages of InEval, which is lost then\. Make it a buffer with register_buffer, or a part"),
    ],
)
def test_a_model_that_keeps_something_beside_its_state_is_refused_by_name(model, message):
    with pytest.raises(InputError, match=message):
        search(model())


def test_an_optimizer_that_keeps_something_beside_its_state_is_refused_by_name():
    with pytest.raises(InputError, match=r"found Averages\.momenta, which is lost then\. Keep it in self\.state\[para"):
        search(optimizer=lambda groups, rate: Averages(groups, rate))


def test_what_is_lost_and_may_matter_later_is_told():
    (sentence,) = [reason for reason in map(str, search(DecidesLater()).choice.reasons) if reason.startswith("Mind ")]
    assert sentence.startswith(
        "Mind sizes: what changes there in training is in no state_dict(), and a trial that is in"
    )
    without = search(DecidesLater(), method=GridSearch(2, low=0.01, high=0.1))
    assert not [reason for reason in map(str, without.choice.reasons) if reason.startswith("Mind ")]


def test_where_nothing_goes_on_from_a_checkpoint_nothing_is_lost():
    assert not minds(search(Counts(), method=GridSearch(2, low=0.01, high=0.1)))


def test_buffers_are_kept_whether_they_are_persistent_or_not():
    one, other = (search(seeded(Buffered, persistent=persistent)) for persistent in (True, False))
    assert not minds(one)
    assert np.array_equal(one.history.valid_loss, other.history.valid_loss, equal_nan=True)


@pytest.mark.parametrize("every", [2, 3, 4])
def test_a_loss_that_counts_is_refused(every):
    count = CountsCalls()
    with pytest.raises(
        InputError, match="loss must say the same of the same outputs and targets whenever it is called"
    ):
        search(loss=lambda outputs, targets: CROSS(outputs, targets) * count.every(every))


@pytest.mark.parametrize("every", [2, 3, 4, 5])
def test_a_train_loss_that_counts_is_refused_and_a_step_that_does_is_told(every):
    count = CountsCalls()
    if every < 5:
        with pytest.raises(InputError, match="train_loss must say the same of the same model and batch whenever"):
            search(train_loss=lambda model, inputs, targets: CROSS(model(inputs), targets) * count.every(every))

    def step(model, optimizer, inputs, targets):
        optimizer.zero_grad()
        loss = CROSS(model(inputs), targets) * count.every(every)
        loss.backward()
        optimizer.step()
        return loss

    (sentence,) = minds(search(step=step))
    assert "Something in step keeps count or draws from call to call" in sentence


def test_a_model_whose_copies_share_a_count_is_told():
    (sentence,) = minds(search(ForAll()))
    assert "Something in the model keeps count or draws" in sentence


def test_draws_are_the_same_again_wherever_they_come_from():
    own, by_torch = np.random.default_rng(7), torch.Generator().manual_seed(7)
    before = str(own.bit_generator.state), by_torch.get_state()

    def mixed(model, optimizer, inputs, targets):
        order, share = torch.from_numpy(own.permutation(len(inputs))), float(torch.rand(1, generator=by_torch))
        optimizer.zero_grad()
        outputs = model(share * inputs + (1 - share) * inputs[order])
        loss = share * CROSS(outputs, targets) + (1 - share) * CROSS(outputs, targets[order])
        loss.backward()
        optimizer.step()
        return loss

    one, other = search(step=mixed), search(step=mixed)
    assert np.array_equal(one.history.valid_loss, other.history.valid_loss, equal_nan=True)
    assert one.torch.untouched.same
    assert not minds(one)
    assert str(own.bit_generator.state) == before[0]
    assert torch.equal(by_torch.get_state(), before[1])


@pytest.mark.parametrize("model", [Small, OwnGenerator])
def test_models_that_draw_pass(model):
    assert not minds(search(model()))


def test_a_loss_that_draws_and_a_factory_that_draws_pass():
    noise = random.Random(3)
    assert not minds(search(loss=lambda o, t: CROSS(o, t, label_smoothing=0.2 * random.random())))
    assert not minds(search(loss=lambda o, t: CROSS(o, t, label_smoothing=0.2 * noise.random())))

    def factory(seed):
        model = Linear()
        model.head.weight.data *= 1 + noise.random()
        return model

    assert not minds(search(factory))


@pytest.mark.parametrize("name", ["Adam", "AdamW", "RMSprop", "Adagrad", "NAdam", "RAdam", "ASGD", "Adadelta", "Rprop"])
def test_optimizers_of_pytorch_pass(name):
    assert not minds(search(Small(), lambda groups, rate: getattr(torch.optim, name)(groups, lr=rate)))


def test_nothing_of_it_stays_in_memory():
    made = list[weakref.ref]()

    def factory(seed):
        model = Small()
        made.append(weakref.ref(model))
        return model

    search(factory)
    gc.collect()
    assert not any(one() for one in made)


def test_a_search_that_goes_on_says_the_same():
    first = search(DecidesLater())
    again = search(DecidesLater(), histories=first.histories[:1])
    # What such a model is trained to differs where its state is lost; what is said of it does not.
    (sentence,) = [one for one in map(str, first.choice.reasons) if one.startswith("Mind sizes")]
    assert sentence in map(str, again.choice.reasons)

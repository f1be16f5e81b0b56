import pytest
import torch
from torch import nn

from etascope.core.errors import InputError
from etascope.torch import TrainingOptions, pick
from etascope.training.pytorch.custom.model import custom_networks
from etascope.training.pytorch.custom.rates_used import refuse_deaf
from etascope.training.pytorch.group_rates import TRIED
from tests.test_torch import loaders, sgd
from tests.training.pytorch.networks import Linear, Small

CPU = torch.device("cpu")


class Kept(torch.optim.Optimizer):
    """Descends at a rate of its own."""

    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr})
        self.lr = lr

    def rate(self, group):
        return self.lr

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    p.add_(p.grad, alpha=-self.rate(group))


class Defaults(Kept):
    def rate(self, group):
        return self.defaults["lr"]


class Fixed(Kept):
    def rate(self, group):
        return 0.01


class SecondFixed(Kept):
    def rate(self, group):
        return 0.01 if group is self.param_groups[1] else group["lr"]


class Honest(Kept):
    def rate(self, group):
        return group["lr"]


class Around(torch.optim.Optimizer):
    """Steps another optimizer, as Lookahead does; `shared` says whose groups it has."""

    def __init__(self, params, lr, shared=True, after=False):
        params = list(params)
        super().__init__(params, {"lr": lr})
        self.base, self.after = torch.optim.SGD(params, lr=lr, momentum=0.9), after
        if shared:
            self.param_groups = self.base.param_groups

    def step(self, closure=None):
        self.base.step(closure)

    def load_state_dict(self, state):
        super().load_state_dict(state)
        if self.after:
            self.base.param_groups = self.param_groups


class Rushing(torch.optim.SGD):
    """Puts its rate back after a step at another one."""

    def step(self, closure=None):
        before = [group["lr"] for group in self.param_groups]
        for group in self.param_groups:
            group["lr"] = 0.5
        super().step(closure)
        for group, rate in zip(self.param_groups, before, strict=True):
            group["lr"] = rate


def look(make, moves, groups=None):
    networks = custom_networks(Linear(), make, groups)
    name = type(networks.optimizers(Linear(), 0.1)[0]).__name__
    refuse_deaf(networks, 0, CPU, TRIED, moves, names=name)


MOVES = "because the schedule moves them; found {}, which keeps its parameters at the rate of the beginning"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Kept, MOVES.format("Kept")),
        (Defaults, MOVES.format("Defaults")),
        (lambda p, lr: Around(p, lr, shared=False), MOVES.format("Around")),
        (lambda p, lr: torch.optim.Rprop(p, lr=lr), MOVES.format("Rprop")),
        (Around, r"also after load_state_dict\(\).* found Around, which then keeps its parameters"),
    ],
)
def test_a_rate_of_the_beginning_is_refused_where_the_rate_moves_and_is_right_where_it_does_not(make, message):
    look(make, moves=False)
    with pytest.raises(InputError, match=message):
        look(make, moves=True)


@pytest.mark.parametrize("make", [Fixed, lambda p, lr: Rushing(p, lr=lr)])
def test_a_rate_that_is_not_the_one_asked_for_is_refused(make):
    with pytest.raises(InputError, match=r"moves its parameters alike at 1\.3e-05 and 0\.77\. Let its step\(\) read"):
        look(make, moves=False)


def test_one_group_is_enough():
    with pytest.raises(InputError, match="which moves parameter group 2 of 2 alike"):
        look(SecondFixed, False, lambda m: [{"params": [m.head.weight]}, {"params": [m.head.bias], "lr": 0.1}])


OPTIM = torch.optim
FOLLOW = [
    Honest,
    lambda p, lr: Around(p, lr, after=True),
    *(lambda p, lr, kind=kind: kind(p, lr=lr) for kind in (
        OPTIM.SGD, OPTIM.Adam, OPTIM.AdamW, OPTIM.NAdam, OPTIM.RAdam, OPTIM.Adamax, OPTIM.RMSprop, OPTIM.Adagrad,
        OPTIM.Adadelta, OPTIM.ASGD, OPTIM.Adafactor,
    )),
    lambda p, lr: OPTIM.SGD(p, lr=lr, momentum=0.9, nesterov=True, weight_decay=0.1),
    lambda p, lr: OPTIM.Adam(p, lr=torch.tensor(lr), foreach=False),
    lambda p, lr: OPTIM.Adam(p, lr=lr, fused=True),
    # Their steps need more than gradients, so that nothing is known.
    lambda p, lr: OPTIM.LBFGS(p, lr=lr),
    lambda p, lr: OPTIM.SparseAdam(p, lr=lr),
]  # fmt: skip


@pytest.mark.parametrize("make", FOLLOW)
def test_optimizers_that_read_their_groups_are_left_alone(make):
    look(make, moves=True)


def test_nothing_that_is_given_is_changed_and_no_random_number_is_drawn():
    model = Small()
    before, state = {k: v.clone() for k, v in model.state_dict().items()}, torch.get_rng_state()
    refuse_deaf(custom_networks(model, sgd, None), 0, CPU, TRIED, moves=True)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)


def own(rate):
    def step(model, optimizer, inputs, targets):
        loss = nn.functional.cross_entropy(model(inputs), targets)
        model.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter -= rate(optimizer) * parameter.grad
        return loss

    return step


def test_a_step_that_takes_the_rate_of_the_beginning_is_refused_where_the_rate_moves():
    stale, fresh = own(lambda o: o.defaults["lr"]), own(lambda o: o.param_groups[0]["lr"])
    for how in ({"schedule": "cosine"}, {"warmup": 0.3}, {"schedule": lambda t: 0.9**t}):
        with pytest.raises(InputError, match=r"step must train at the rates .* keeps its parameters at the rate"):
            pick(Linear(), *loaders(), sgd, epochs=1, training=TrainingOptions(step=stale), **how)
        assert pick(
            Linear(), *loaders(), sgd, epochs=1, training=TrainingOptions(step=fresh), **how
        ).torch.untouched.same
    assert pick(Linear(), *loaders(), sgd, epochs=1, training=TrainingOptions(step=stale)).torch.untouched.same


def test_a_search_refuses_before_anything_trains():
    trained = []
    with pytest.raises(InputError, match="at the rate of the beginning"):
        pick(Linear(), *loaders(), Kept, schedule="linear", progress=trained.append)
    assert trained == []


def test_a_rate_that_is_learned_itself_is_set_all_the_same():
    def learned(groups, learning_rate):
        return torch.optim.Adam(groups, lr=torch.tensor(learning_rate, requires_grad=True))

    assert pick(Linear(), *loaders(), learned, epochs=1).torch.untouched.same

import pytest
import torch
from torch import nn

from etascope.core.errors import InputError
from etascope.training.pytorch.custom.model import (
    built,
    called,
    copied,
    custom_networks,
    device_for,
    following,
    left_out,
    refuse_same,
)
from tests.training.pytorch.networks import Linear, Small, same_module


def adamw(groups, learning_rate):
    return torch.optim.AdamW(groups, lr=learning_rate)


def test_a_module_is_copied_and_a_factory_called_with_the_seed():
    model = Small()
    networks = custom_networks(model, adamw, None)
    one, other = networks.build(0), networks.build(1)
    assert same_module(one, model)
    assert one is not model
    one.conv.weight.data.zero_()
    assert same_module(other, model)
    seeds = []
    custom_networks(lambda seed: seeds.append(seed) or Small(), adamw, None).build(7)
    assert seeds == [7]


def test_groups_keep_their_ratios_whatever_the_rate():
    def groups(model):
        return [
            {"params": model.head.parameters()},
            {"params": model.conv.parameters(), "lr": 0.1, "weight_decay": 0.0},
        ]

    networks = custom_networks(Small(), adamw, groups)
    (optimizer,) = networks.optimizers(networks.build(0), 0.5)
    assert [g["lr"] for g in optimizer.param_groups] == [0.5, pytest.approx(0.05)]
    assert [g["weight_decay"] for g in optimizer.param_groups] == [0.01, 0.0]


def test_frozen_parameters_are_left_out_and_several_optimizers_may_come():
    model = Small()
    model.conv.requires_grad_(False)
    networks = custom_networks(model, lambda g, r: [torch.optim.SGD(g[:2], lr=r), torch.optim.AdamW(g[2:], lr=r)], None)
    pair = networks.optimizers(networks.build(0), 0.5)
    assert [len(o.param_groups[0]["params"]) for o in pair] == [2, 2]


def test_models_and_optimizers_that_cannot_be_used_are_refused():
    class Uncopied(Linear):
        def __deepcopy__(self, memo):
            raise RuntimeError("holds a lock\nand more")

    with pytest.raises(InputError, match=r"copying raised RuntimeError: holds a lock\. Give a factory instead"):
        copied(Uncopied())
    with pytest.raises(InputError, match=r"model must be an nn\.Module or a factory called with the seed; found int"):
        custom_networks(3, adamw, None)
    with pytest.raises(InputError, match=r"the model factory must return an nn\.Module; found NoneType"):
        called(lambda seed: None, 0)
    with pytest.raises(InputError, match="must make a model of a seed; it raised KeyError"):
        called(lambda seed: {}[seed], 0)
    for optimizer, message in [
        (lambda g: None, "it raised TypeError"),
        (lambda g, r: None, "found NoneType without one"),
        (
            lambda g, r: torch.optim.SGD(g, lr=round(r)),
            r"whose lr are all 0, made of 0\.1\. Pass it on as it is, not",
        ),
    ]:
        networks = custom_networks(Linear(), optimizer, None)
        with pytest.raises(InputError, match=message):
            networks.optimizers(networks.build(0), 0.1)


def test_the_device_is_where_the_model_is():
    assert device_for(Linear(), None).type in ("cpu", "cuda")
    assert device_for(Linear().to("meta"), None).type == "meta"
    assert device_for(lambda seed: None, "cpu").type == "cpu"


def test_an_optimizer_of_anything_but_the_copy_is_refused():
    model = Small()
    networks = custom_networks(model, lambda groups, r: torch.optim.SGD(model.parameters(), lr=r), None)
    with pytest.raises(InputError, match="those of a copy of the model; found others"):
        networks.optimizers(networks.build(0), 0.1)


def test_optimizers_must_keep_the_multiples_that_were_found():
    networks = custom_networks(Small(), lambda g, r: torch.optim.SGD(g, lr=min(r, 0.5)), None)
    held = following(networks, [[1.0]])
    assert held.optimizers(held.build(0), 0.4)[0].param_groups[0]["lr"] == 0.4
    with pytest.raises(InputError, match=r"of 2 it made 0.5 in place of 2\. Pass it on as it is, or set the limits"):
        held.optimizers(held.build(0), 2.0)


def test_a_scheduler_that_comes_with_the_optimizer_is_refused():
    def scheduled(groups, learning_rate):
        made = torch.optim.SGD(groups, lr=learning_rate)
        torch.optim.lr_scheduler.LambdaLR(made, lambda t: 0.0)
        return made

    networks = custom_networks(Linear(), scheduled, None)
    with pytest.raises(InputError, match=r"a scheduler beside it has no say; found one of SGD\. Leave it out"):
        networks.optimizers(networks.build(0), 0.1)


def test_groups_that_cannot_be_used_are_refused():
    for groups, message in [
        (lambda m: m.missing, "groups must return the parameters of a model in groups.*it raised AttributeError"),
        (
            lambda m: [{"params": m.head.parameters()}, {"params": m.conv.parameters(), "lr": -1.0}],
            "at least 0; found -1",
        ),
    ]:
        networks = custom_networks(Small(), lambda g, r: torch.optim.SGD(g, lr=r), groups)
        with pytest.raises(InputError, match=message):
            networks.optimizers(networks.build(0), 1.0)


@pytest.mark.parametrize("kind", ["register_hook", "register_post_accumulate_grad_hook"])
def test_hooks_on_parameters_which_copies_lose_are_refused(kind):
    model = Linear()
    last = list(model.parameters())[-1]
    handle = getattr(last, kind)(lambda g: None)
    with pytest.raises(InputError, match=r"no hooks on its parameters, .* found one on .*bias\. Give .* a factory"):
        custom_networks(model, adamw, None).build(0)
    assert custom_networks(lambda seed: model, adamw, None).build(0) is model
    handle.remove()
    assert same_module(copied(model), model)

    def progress(gradient):
        return None

    progress.__module__ = "wandb.integration.torch.wandb_torch"
    last.register_hook(progress)
    assert same_module(copied(model), model)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_a_model_whose_copies_cannot_be_trained_needs_a_factory():
    with pytest.raises(InputError, match=r"copies of RecursiveScriptModule have parameters .* Give a factory instead"):
        copied(torch.jit.script(torch.nn.Linear(2, 2)))


@pytest.mark.parametrize("ratio", [-1.0, float("nan"), float("inf")])
def test_a_multiple_in_groups_that_is_none_is_refused_by_its_name(ratio):
    networks = custom_networks(Linear(), adamw, lambda model: [{"params": model.parameters(), "lr": ratio}])
    with pytest.raises(
        InputError, match=r"lr in groups must be a multiple of the learning rate, .* found (-1|nan|inf)"
    ):
        networks.optimizers(networks.build(0), 0.1)


def test_parameters_in_no_optimizer_are_told():
    model = Small()
    whole = [torch.optim.SGD(model.parameters(), lr=0.1)]
    assert left_out(model, whole) == ()
    (sentence,) = left_out(model, [torch.optim.SGD(model.head.parameters(), lr=0.1)])
    assert sentence.startswith("Mind the optimizer: 4 of 6 parameters with requires_grad are in none of its groups")
    assert sentence.endswith("(conv.weight, conv.bias, norm.weight, ...).")
    model.conv.requires_grad_(False)
    model.norm.requires_grad_(False)
    assert left_out(model, [torch.optim.SGD(model.head.parameters(), lr=0.1)]) == ()


def test_what_is_no_optimizer_of_pytorch_is_refused():
    class Like:
        def __init__(self, groups, lr):
            self.param_groups = [{"params": list(groups), "lr": lr}]

        def step(self):
            """Does nothing."""

    with pytest.raises(InputError, match="found Like without zero_grad, state_dict, load_state_dict"):
        custom_networks(Linear(), Like, None).optimizers(Linear(), 0.1)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (lambda m: [{"params": m.parameters(), "lr": 0}], "lr in groups must be above 0 in one of them"),
        (lambda m: [{"params": m.parameters(), "lr": "0.1 of it"}], "found '0.1 of it'"),
        (lambda m: [{"params": m.parameters(), "lr": None}], "found None"),
        (lambda m: [{"lr": 1.0}], "each of groups must have its parameters under params; found lr"),
    ],
)
def test_groups_are_named_where_the_fault_is_theirs(groups, message):
    with pytest.raises(InputError, match=message):
        custom_networks(Linear(), adamw, groups).optimizers(Linear(), 0.1)


def test_a_group_may_be_a_single_parameter():
    model = Linear()
    networks = custom_networks(model, adamw, lambda m: [{"params": m.head.weight}, {"params": m.head.bias, "lr": 0.1}])
    (optimizer,) = networks.optimizers(model, 0.5)
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, pytest.approx(0.05)]


def test_a_factory_must_make_a_new_model_each_time():
    one, part, frozen = Linear(), nn.Linear(64, 3), nn.Linear(64, 64).requires_grad_(False)

    def look(factory):
        networks = custom_networks(factory, adamw, None)
        refuse_same(networks, 0, networks.build(0))

    with pytest.raises(InputError, match="found the same model when it was called again"):
        look(lambda seed: one)
    with pytest.raises(InputError, match="found one with parameters of the first when it was called again"):
        look(lambda seed: nn.Sequential(nn.Flatten(), part))
    look(lambda seed: nn.Sequential(nn.Flatten(), frozen, nn.Linear(64, 3)))
    look(lambda seed: Linear())


def test_memory_that_ran_out_is_no_fault_of_the_optimizer():
    def optimizer(groups, learning_rate):
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(torch.OutOfMemoryError):
        custom_networks(Linear(), optimizer, None).optimizers(Linear(), 0.1)


def test_what_lightning_configures_is_no_optimizer():
    def both(groups, rate):
        optimizer = torch.optim.SGD(groups, lr=rate)
        return [optimizer], []

    def named(groups, rate):
        return {"optimizer": torch.optim.SGD(groups, lr=rate)}

    for build in (both, named):
        with pytest.raises(InputError, match=r"found what configure_optimizers of Lightning returns\. Return"):
            built(build, [torch.nn.Parameter(torch.ones(1))], 0.1)

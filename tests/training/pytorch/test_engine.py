import dataclasses
import random

import numpy as np
import pytest
import torch

from etascope.core.errors import InputError
from etascope.core.history import History, Status
from etascope.core.plan import sweep
from etascope.core.recipe import Recipe, steps_per_epoch
from etascope.store.records import pack, unpack
from etascope.training.pytorch import engine as engine_module
from etascope.training.pytorch.engine import TorchEngine
from tests.training import made
from tests.training.pytorch.networks import Small, images

RECIPE = Recipe((), "adamw", "cosine", batch_size=8, epochs=2)
ENGINE = TorchEngine(Small, device="cpu")


def job(rates=(0.001, 0.01, 0.1), folds=(0, 1), seeds=(0,)):
    split = images()
    return split, made.kept(sweep(RECIPE, 2 * steps_per_epoch(split, RECIPE, 0), rates, folds, seeds))


def test_a_convolutional_net_learns():
    split, plan = job()
    history = ENGINE.train(split, RECIPE, dataclasses.replace(plan, keep_examples=True))
    assert history.status == (Status.FINISHED,) * 6
    assert (history.valid_loss[:, -1].min() < 0.9 * np.log(3)).all()
    assert history.example_losses.shape == (6, 2, 6, 20)
    np.testing.assert_allclose(history.example_losses[:, :, 0].mean(axis=-1), history.valid_loss, rtol=1e-5)


@pytest.mark.parametrize("trials", [1, 2])
def test_groups_in_memory_change_no_bit(trials):
    split, plan = job()
    whole = ENGINE.train(split, RECIPE, plan)
    events = []
    grouped = TorchEngine(Small, device="cpu", trials_in_memory=trials).train(split, RECIPE, plan, events.append)
    assert made.bits(grouped) == made.bits(whole)
    assert {p.unit for p in events} == {f"trainings, {trials} at a time"}


def test_trials_that_are_dear_are_done_one_after_the_other_and_change_no_bit(monkeypatch):
    split, plan = job()
    whole = ENGINE.train(split, RECIPE, plan)
    monkeypatch.setattr(engine_module, "DEAR", 0)
    events = []
    apart = ENGINE.train(split, RECIPE, plan, events.append)
    assert made.bits(apart) == made.bits(whole)
    assert [p.part.part.rows for p in events if p.part is not None] == [(row,) for row in range(6)]
    assert {p.unit for p in events} == {"trainings"}


def test_where_memory_runs_out_fewer_trials_are_trained_at_once_and_it_is_said():
    import weakref

    alive = weakref.WeakSet()

    class Greedy(Small):
        def __init__(self, *shape):
            super().__init__(*shape)
            alive.add(self)

        def forward(self, x):
            if self.training and len(alive) > 2:
                torch.empty(1 << 55)
            return super().forward(x)

    split, plan = job(folds=(0,))
    events = []
    history = TorchEngine(Greedy, device="cpu").train(split, RECIPE, plan, events.append)
    assert made.bits(history) == made.bits(ENGINE.train(split, RECIPE, plan))
    assert events[-1].unit == "trainings, 2 at a time"
    done = [p.done for p in events]
    assert done == sorted(done)
    assert done[-1] == 3


def test_a_batch_in_parts_trains_alike():
    from tests.training.pytorch.networks import Linear

    split, plan = job()
    whole, parts = (TorchEngine(Linear, device="cpu", accumulate=n).train(split, RECIPE, plan) for n in (1, 3))
    np.testing.assert_allclose(whole.step_loss, parts.step_loss, rtol=0, atol=1e-4)
    assert (whole.examples == parts.examples).all()


def test_clipping_and_precision_reach_the_training():
    split, plan = job()
    plain = ENGINE.train(split, RECIPE, plan)
    for engine in (
        TorchEngine(Small, device="cpu", precision="bf16-mixed"),
        TorchEngine(Small, device="cpu", clip_norm=1e-4),
    ):
        other = engine.train(split, dataclasses.replace(RECIPE, optimizer="sgd", weight_decay=0.0), plan)
        assert np.isfinite(other.step_loss).all()
        assert (other.step_loss[:, -1] != plain.step_loss[:, -1]).all()


def test_the_store_keeps_its_checkpoints_bit_for_bit():
    split, plan = job()
    early = ENGINE.train(split, RECIPE, dataclasses.replace(plan, rates=plan.rates[:, :3]))
    kept = unpack(pack(early, History), History)
    assert made.bits(kept) == made.bits(early)
    one, other = (
        ENGINE.train(split, RECIPE, dataclasses.replace(plan, rates=plan.rates[:, 3:], start=3, resume=h.checkpoints))
        for h in (early, kept)
    )
    assert made.bits(one) == made.bits(other)


def test_an_explanation_ends_in_the_logits_that_validation_saw():
    split, plan = job(folds=(0,))
    history = ENGINE.train(split, RECIPE, plan)
    rows = split.valid_rows(0)
    for trial, checkpoint in enumerate(history.checkpoints):
        logits = ENGINE.explain(checkpoint, split.x[rows])[-1].values.astype(np.float64)
        loss = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(rows)), split.y[rows]]
        assert loss.mean() == pytest.approx(history.valid_loss[trial, -1], rel=1e-4)


def test_the_generators_of_the_process_are_left_as_they_were():
    split, plan = job()
    random.seed(1)
    np.random.seed(2)
    torch.manual_seed(3)
    expected = random.random(), np.random.random(), torch.rand(1).item()
    random.seed(1)
    np.random.seed(2)
    torch.manual_seed(3)
    history = ENGINE.train(split, RECIPE, plan)
    ENGINE.explain(history.checkpoints[0], split.x[:2])
    assert (random.random(), np.random.random(), torch.rand(1).item()) == expected


def test_a_dense_recipe_needs_features():
    split, plan = job()
    with pytest.raises(InputError, match=r"a dense network trains on features \(n, features\); found \(60, 1, 8, 8\)"):
        TorchEngine(device="cpu").train(split, RECIPE, plan)

"""The engine on a Ray cluster: the same bits, whatever is lost on the way."""

import dataclasses
import threading

import numpy as np
import pytest

import etascope
from etascope.core.errors import InputError
from etascope.core.plan import sweep
from etascope.core.recipe import Recipe, steps_per_epoch
from etascope.training.dense.engine import DenseEngine
from etascope.training.ray.engine import RayEngine
from tests.clusters import Crashing, Noting, Separate, add_machine, notes, wait_for
from tests.training import made

RECIPE = Recipe((16,), batch_size=4, epochs=2)
RATES = np.geomspace(1e-3, 1e3, 60).tolist()


def job(rates=RATES, folds=2):
    split = made.split(folds=folds)
    return split, made.kept(sweep(RECIPE, RECIPE.epochs * steps_per_epoch(split, RECIPE, 0), rates, range(folds)))


def same_answer(run, other):
    assert run.choice.learning_rate == other.choice.learning_rate
    assert run.choice.basin == other.choice.basin
    for one, two in zip(run.histories, other.histories, strict=True):
        assert made.bits(one) == made.bits(two)
        assert (one.example_losses is None) == (two.example_losses is None)
        if one.example_losses is not None:
            assert one.example_losses.tobytes() == two.example_losses.tobytes()
    assert run.trace.step_loss.tobytes() == other.trace.step_loss.tobytes()
    assert run.trace.evaluation == other.trace.evaluation


@pytest.fixture(scope="module")
def alone():
    # So wide that two trials make a group: the first plan has work for three machines.
    return etascope.pick("digits", recipe=Recipe((300,), epochs=1))


@pytest.mark.parametrize("budget", [None, 3], ids=["cross-validation", "halving, from checkpoints"])
def test_a_search_has_the_same_bits_as_on_one_machine(connected, budget):
    from etascope.selection.automatic import Automatic

    recipe, method = Recipe((16,), epochs=2), Automatic(budget=budget)
    ran = etascope.pick("digits", recipe=recipe, method=method, engine=RayEngine())
    assert any(history.plan.resume for history in ran.histories) == (budget is not None)
    same_answer(ran, etascope.pick("digits", recipe=recipe, method=method))


def test_both_machines_train_and_each_part_is_a_whole_group(connected, tmp_path):
    split, plan = job()
    engine = RayEngine(Noting(str(tmp_path), lost=""))
    history = engine.train(split, RECIPE, plan)
    assert made.bits(history) == made.bits(DenseEngine(1).train(split, RECIPE, plan))
    assert len(notes(tmp_path, "ended")) == len(DenseEngine().groups(split, RECIPE, plan)) == 4


def test_a_machine_lost_in_the_middle_of_a_search_loses_nothing(connected, alone, tmp_path):
    extra = add_machine(connected, num_cpus=1)
    sentences = []

    def lose():
        # It has begun a part, which it never ends, and others wait for that.
        wait_for(lambda: notes(tmp_path, "began", extra.node_id))
        connected.remove_node(extra, allow_graceful=False)

    engine = RayEngine(Noting(str(tmp_path), lost=extra.node_id), tell=sentences.append)
    killing = threading.Thread(target=lose)
    killing.start()
    ran = etascope.pick("digits", recipe=alone.recipe, engine=engine)
    killing.join()
    same_answer(ran, alone)
    assert notes(tmp_path, "began", extra.node_id)
    assert not notes(tmp_path, "ended", extra.node_id)
    assert sentences
    assert all("was lost; its" in sentence and sentence.endswith("trained again.") for sentence in sentences)
    groups = [DenseEngine().groups(_split(alone), alone.recipe, history.plan) for history in ran.histories]
    assert len(notes(tmp_path, "ended")) >= sum(map(len, groups))


def _split(run):
    from etascope.images.open import open_images
    from etascope.pipeline.prepare import prepare
    from etascope.pipeline.split import divide

    return prepare(divide(open_images("digits"), seed=run.recipe.seed), run.recipe)


def test_a_crashed_worker_is_borne_and_its_trials_are_trained_again(connected, tmp_path):
    (split, plan), sentences = job(), []
    history = RayEngine(Crashing(str(tmp_path), times=2), tell=sentences.append).train(split, RECIPE, plan)
    assert made.bits(history) == made.bits(DenseEngine(1).train(split, RECIPE, plan))
    assert len(sentences) >= 2


def test_trials_that_always_crash_end_in_a_sentence(connected, tmp_path):
    split, plan = job([0.1, 0.2], folds=1)
    with pytest.raises(InputError, match=r"trained the same 2 trials were lost 2 times\. See ray status"):
        RayEngine(Crashing(str(tmp_path), times=99), retries=1).train(split, RECIPE, plan)


def test_an_engine_without_groups_is_dealt_out_by_rows(connected, tmp_path):
    split, plan = job(RATES[:12])
    history = RayEngine(Separate(str(tmp_path))).train(split, RECIPE, plan)
    parts = [int(part.split()[0]) for part in notes(tmp_path, "part")]
    assert {part.split(", ", 1)[1] for part in notes(tmp_path, "part")} == {"0 GPUs, sees ''"}
    assert (len(parts) >= 2, max(parts) <= 12, sum(parts)) == (True, True, 24)
    np.testing.assert_allclose(history.valid_loss, DenseEngine(1).train(split, RECIPE, plan).valid_loss, atol=1e-4)


def test_gpus_are_kept_for_trials(connected, tmp_path):
    split, plan = job(RATES[:6], folds=1)
    with pytest.raises(InputError, match=r"need 1 CPU and 1 GPUs on one machine .* at most 1 CPUs and 0 GPUs"):
        RayEngine(Separate(str(tmp_path)), gpus_per_trial=0.25).train(split, RECIPE, plan)
    with_gpu = add_machine(connected, num_cpus=1, num_gpus=1)
    try:
        RayEngine(Separate(str(tmp_path)), gpus_per_trial=0.25).train(split, RECIPE, plan)
    finally:
        connected.remove_node(with_gpu)
    assert notes(tmp_path, "part") == ["3 trials, 1 GPUs, sees '0'"] * 2


@pytest.mark.parametrize(
    ("package", "message"),
    [
        (False, rf"etascope 9\.9 there and {etascope.__version__} here"),
        (True, r"etascope missing or too old \(No module named 'etascope.core'\) there"),
    ],
    ids=["newer", "missing"],
)
def test_a_machine_with_other_software_is_named(connected, tmp_path, package, message):
    info = tmp_path / "other" / "etascope-9.9.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: etascope\nVersion: 9.9\n")
    if package:
        (info.parent / "etascope").mkdir()
        (info.parent / "etascope" / "__init__.py").write_text("")
    other = add_machine(connected, num_cpus=1, num_gpus=1, env_vars={"PYTHONPATH": str(info.parent)})
    split, plan = job(RATES[:2], folds=1)
    try:
        with pytest.raises(InputError, match=f"found on .*: {message}"):
            RayEngine(Separate(str(tmp_path)), gpus_per_trial=1).train(split, RECIPE, plan)
    finally:
        connected.remove_node(other)
    assert not notes(tmp_path, "part")


def test_what_an_engine_refuses_on_a_worker_is_the_same_sentence(connected, tmp_path):
    split, plan = job(RATES[:2], folds=1)
    longer = dataclasses.replace(plan, rates=np.repeat(plan.rates, 2, axis=1))
    with pytest.raises(InputError) as there:
        RayEngine(Separate(str(tmp_path))).train(split, RECIPE, longer)
    with pytest.raises(InputError) as here:
        DenseEngine().train(split, RECIPE, longer)
    assert str(there.value) == str(here.value)


def test_progress_is_told_while_a_part_is_at_work(connected):
    events, (split, _) = [], job(folds=1)
    recipe = dataclasses.replace(RECIPE, epochs=1_000)
    plan = sweep(recipe, 1_000 * steps_per_epoch(split, recipe, 0), [1e-4], [0])
    RayEngine().train(split, recipe, plan, events.append)
    assert {(p.total, p.unit) for p in events} == {(1, "trainings")}
    done = [p.done for p in events]
    assert done == sorted(done)
    assert done[-1] == 1
    assert any(0 < part < 1 for part in done)


def test_what_fails_calls_the_other_parts_back(connected, tmp_path):
    import ray

    split, plan = job()
    waiting = Noting(str(tmp_path), lost="no machine has this name")

    def stop(event):
        wait_for(lambda: notes(tmp_path, "began"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        RayEngine(waiting).train(split, RECIPE, plan, stop)
    wait_for(lambda: ray.available_resources().get("CPU") == 2)
    assert not notes(tmp_path, "ended")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"workers": 0}, "workers must be at least 1; found 0. Leave it out to use the whole cluster."),
        ({"gpus_per_trial": -1.0}, "gpus_per_trial must be finite and at least 0; found -1. Try 0.25."),
        ({"gpus_per_trial": float("nan")}, "gpus_per_trial must be finite and at least 0; found nan. Try 0.25."),
        ({"gpus_per_trial": 1.5}, "gpus_per_trial must be a share of one GPU or a whole number; found 1.5. Try 2."),
        ({"retries": -1}, "retries must be at least 0; found -1. Try 3."),
    ],
)
def test_bad_options_are_sentences(options, sentence):
    with pytest.raises(InputError) as refused:
        RayEngine(**options)
    assert str(refused.value) == sentence

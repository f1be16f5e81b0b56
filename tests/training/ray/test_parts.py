import pytest

from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.training.dense.engine import DenseEngine
from etascope.training.ray import parts as ray_parts
from etascope.training.ray.cluster import join_cluster
from etascope.training.ray.engine import RayEngine
from etascope.training.ray.parts import Needs, send_split, train_parts
from etascope.training.ray.worker import pack_errand
from tests.clusters import Noting, notes
from tests.training import made

RECIPE = Recipe((6,), batch_size=8, epochs=2)


def parts(count):
    return [made.constant([0.01, 0.1], 10, folds=0, seeds=seed) for seed in range(count)]


def train(session, split, plans, needs, at_once=9, progress=lambda done: None, engine=None):
    errands = [pack_errand(engine or DenseEngine(), RECIPE, plan) for plan in plans]
    return train_parts(
        session, split, errands, [2] * len(plans), needs, at_once, progress, print, lambda number, history: None
    )


def test_a_split_is_sent_once_and_without_its_test_rows(connected):
    import ray

    session, split = join_cluster("auto"), made.split(folds=2)
    where = send_split(session, split)
    sent = ray.get(where)
    assert sent.x.tobytes() == split.x.tobytes()
    assert (len(sent.x_test), len(sent.y_test), len(sent.test_rows)) == (0, 0, 0)
    assert len(split.x_test) > 0
    assert send_split(session, split) is where
    RayEngine().train(split, RECIPE, parts(1)[0])
    assert send_split(session, split) is where
    assert send_split(session, made.split(folds=2)) is not where


def test_parts_come_back_in_order(connected):
    split, counts = made.split(folds=2), []
    fields = train(join_cluster("auto"), split, parts(5), Needs(1, 0, 3), progress=counts.append)
    for plan, fields_of_part in zip(parts(5), fields, strict=True):
        alone = DenseEngine(1).train(split, RECIPE, plan)
        assert fields_of_part["step_loss"].tobytes() == alone.step_loss.tobytes()
    assert counts == sorted(counts)
    assert counts[-1] == 10


def test_no_more_are_at_work_than_asked_for(connected, tmp_path):
    train(join_cluster("auto"), made.split(folds=2), parts(4), Needs(1, 0, 3), 1, engine=Noting(str(tmp_path)))
    assert len(notes(tmp_path, "ended")) == 4
    order = [path.name.partition(".")[0] for path in sorted(tmp_path.iterdir(), key=lambda p: p.name.split(".")[1])]
    assert order == ["began", "ended"] * 4


def test_a_cluster_without_room_is_given_up(connected, monkeypatch):
    monkeypatch.setattr(ray_parts, "LOOK", 0.0)
    monkeypatch.setattr(ray_parts, "GIVE_UP", 1.0)
    with pytest.raises(InputError, match=r"no machine left for the trials for 1 s\. Add machines, and go on with"):
        train(join_cluster("auto"), made.split(folds=2), parts(1), Needs(1, 7, 3))

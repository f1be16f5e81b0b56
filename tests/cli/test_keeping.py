"""A search that is kept: what the store then knows, and that trouble with the place ends nothing."""

import pytest

from etascope.cli.keeping import Kept, keeper
from etascope.core.errors import InputError
from etascope.store.open import open_store
from etascope.workbench import pick
from tests.cli.running import SMALL, run


def test_a_search_is_kept_as_it_happens(tmp_path):
    from etascope.core.recipe import Recipe

    store = open_store(str(tmp_path / "runs.sqlite"))
    kept = Kept(store, {"low": 0.01})
    made = pick("digits", recipe=Recipe(hidden=(), epochs=1), keeper=kept)
    found = store.get("last")
    assert found.id == kept.run_id
    assert found.job.options == {"low": 0.01}
    assert found.run.choice.learning_rate == made.choice.learning_rate
    assert len(found.histories) == len(made.histories)


def test_one_that_goes_on_begins_no_new_run(tmp_path):
    from etascope.core.recipe import Recipe

    store = open_store(str(tmp_path / "runs.sqlite"))
    whole = pick("digits", recipe=Recipe(hidden=(), epochs=1))
    begun = Kept(store)
    begun.begin(whole.data, whole.task)
    begun.append(whole.histories[0])
    again = Kept(store, {}, begun.run_id)
    pick("digits", recipe=Recipe(hidden=(), epochs=1), histories=store.get("last").histories, keeper=again)
    assert [line.id for line in store.find()] == [begun.run_id]
    assert store.get("last").run.choice.learning_rate == whole.choice.learning_rate


def test_pick_keeps_its_search_unless_told_not_to(tmp_path):
    place = str(tmp_path / "runs.sqlite")
    assert run("pick", *SMALL, "--no-store", "--store", place).code == 0
    assert open_store(place).find() == []
    ended = run("pick", *SMALL, "--store", place)
    line = open_store(place).find()[0]
    assert line.finished
    assert f"learning rate   {line.learning_rate:.3g}" in ended.out


def test_a_wrong_address_is_refused_before_anything_is_trained():
    with pytest.raises(InputError, match="mysql"):
        keeper("mysql://somewhere/runs", {})
    assert run("pick", *SMALL, "--store", "mysql://somewhere/runs").code == 2


def test_a_place_that_cannot_be_used_is_told_and_the_answer_comes_all_the_same(tmp_path):
    (tmp_path / "file").write_text("no folder")
    ended = run("pick", *SMALL, "--store", str(tmp_path / "file" / "runs.sqlite"))
    assert ended.code == 0
    assert "learning rate" in ended.out
    assert ended.err.startswith("note: ")
    assert "not kept" in ended.err

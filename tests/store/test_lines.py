import numpy as np
import pytest

from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.core.stored import Job
from etascope.store.lines import answer_columns, job_columns, new_trials, one_of, recipe_line
from tests.report.reported import reported_run
from tests.store.made import checkpoint, history, job, run


@pytest.mark.parametrize(
    ("recipe", "line"),
    [
        (Recipe(), "momentum, hidden 128, batch 16, 5 epochs"),
        (Recipe(model="cnn"), "momentum, model cnn, batch 16, 5 epochs"),
        (Recipe(hidden=(), epochs=1, optimizer="sgd"), "sgd, no hidden layer, batch 16, 1 epoch"),
    ],
)
def test_a_recipe_is_a_line(recipe, line):
    assert recipe_line(recipe) == line


def test_names_that_are_no_text_become_text():
    columns = job_columns(job("a\0b\udcff"))
    assert columns["source"] == "a?b?"
    assert columns["source"].encode()


def test_a_trial_that_goes_on_is_counted_once():
    assert new_trials(history((0.1, 0.2))) == 2
    assert new_trials(history((0.1,), start=2, resume=(checkpoint(),))) == 0


def test_the_answer_counts_trials_over_all_plans():
    request = job()
    ends = (checkpoint(), checkpoint())
    plans = [history((0.1, 0.2), checkpoints=ends), history((0.2,), start=2, resume=ends[:1])]
    columns = answer_columns(run(request, plans, np.float64(0.2)))
    assert columns == {"trials": 2, "learning_rate": 0.2, "test_accuracy": None, "seconds": 1.25}


def test_of_a_script_its_epochs_and_its_seed_are_known():
    run = reported_run(epochs=1)
    columns = job_columns(Job(run.data, run.task))
    assert (columns["recipe"], columns["images"], columns["source"]) == ("1 epoch, seed 0", 0, run.data.source)


IDS = ("0abc", "0abd", "1234")


@pytest.mark.parametrize(
    ("name", "id"), [("last", "0abc"), ("0abd", "0abd"), ("1", "1234"), (" 12 ", "1234"), ("0ABC", "0abc")]
)
def test_a_name_means_a_run(name, id):
    assert one_of(name, IDS) == id


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("0", "2 runs begin with '0': 0abc, 0abd. Give more of the id."),
        ("lst", "there is no run 'lst'. Did you mean 'last'? All: etascope runs."),
        ("zzzz", "there is no run 'zzzz'. All: etascope runs."),
        ("", "there is no run ''. All: etascope runs."),
    ],
)
def test_a_name_that_means_none_or_several_is_told(name, expected):
    with pytest.raises(InputError) as error:
        one_of(name, IDS)
    assert str(error.value) == expected


def test_many_runs_are_not_all_listed():
    with pytest.raises(InputError, match=r"6 runs begin with 'a': a0, a1, a2, a3 and 2 more"):
        one_of("a", [f"a{n}" for n in range(6)])


def test_where_ids_must_be_whole_a_beginning_is_none():
    for name in ("last", "1"):
        with pytest.raises(InputError, match="there is no run"):
            one_of(name, IDS, exact=True)
    assert one_of("1234", IDS, exact=True) == "1234"

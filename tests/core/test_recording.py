import pytest

import etascope
from etascope.core.errors import InputError
from etascope.core.recording import Attempts, patient
from tests.core.failing import FailingRecorder, each_error


def raised(error):
    raise error


def search(recorder):
    recorder.begin(None, None)
    recorder.append(None)
    recorder.append(None)
    recorder.finish(None)


@each_error
def test_the_first_failure_is_told_in_a_sentence_and_nothing_is_tried_after_it(error):
    told = []
    attempts = Attempts(told.append)
    assert attempts.do(lambda: 3, "It is not kept", 0) == 3
    assert attempts.well
    assert attempts.do(lambda: raised(error), "It is not kept", 0) == 0
    assert not attempts.well
    assert attempts.do(lambda: told.append("tried"), "It is not kept", 1) == 1
    [sentence] = told
    assert sentence.startswith(f"keeping the search failed with {type(error).__name__}")
    assert sentence.endswith(". It is not kept; the search goes on.")
    assert "\n" not in sentence
    assert ".." not in sentence


def test_what_is_a_sentence_already_is_told_as_it_is():
    told = []
    Attempts(told.append).do(lambda: raised(InputError("the disk is full.")), "It is not kept", None)
    assert told == ["the disk is full. It is not kept; the search goes on."]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)])
def test_what_ends_a_process_is_not_taken_for_trouble(error):
    with pytest.raises(type(error)):
        Attempts(print).do(lambda: raised(error), "It is not kept", None)


@each_error
@pytest.mark.parametrize(
    ("fails", "asked"),
    [("begin", ["begin"]), ("append", ["begin", "append"]), ("finish", ["begin", "append", "append", "finish"])],
)
def test_a_recorder_in_trouble_costs_a_warning(error, fails, asked):
    recorder = FailingRecorder(fails, error)
    with pytest.warns(RuntimeWarning, match=rf"failed with {type(error).__name__}.*; the search goes on\.$") as caught:
        search(patient(recorder))
    assert len(caught) == 1
    assert recorder.asked == asked


def test_a_recorder_may_refuse_before_anything_was_trained_and_only_then():
    refusal = InputError("there is no such place. Give another.")
    with pytest.raises(InputError, match="no such place"):
        patient(FailingRecorder("begin", refusal)).begin(None, None)
    with pytest.warns(RuntimeWarning, match=r"^there is no such place. Give another. It is not kept"):
        patient(FailingRecorder("begin", refusal), late=True).begin(None, None)
    with pytest.warns(RuntimeWarning, match=r"^there is no such place. Give another. The rest of it is not kept"):
        patient(FailingRecorder("append", refusal)).append(None)


def test_a_recorder_is_made_patient_once():
    assert patient(None) is None
    held = patient(FailingRecorder("begin", KeyError()))
    assert patient(held) is held


@pytest.mark.parametrize("fails", ["begin", "append", "finish"])
def test_a_search_has_its_answer_whatever_its_recorder_does(fails):
    recipe = etascope.Recipe(hidden=(), epochs=1)
    with pytest.warns(RuntimeWarning, match="failed with TypeError: broken") as caught:
        run = etascope.pick("digits", recipe=recipe, recorder=FailingRecorder(fails, TypeError("broken")))
    assert len(caught) == 1
    assert run.choice.learning_rate == etascope.pick("digits", recipe=recipe).choice.learning_rate


def test_ctrl_c_in_a_recorder_ends_the_search():
    recipe = etascope.Recipe(hidden=(), epochs=1)
    with pytest.raises(KeyboardInterrupt):
        etascope.pick("digits", recipe=recipe, recorder=FailingRecorder("append", KeyboardInterrupt()))

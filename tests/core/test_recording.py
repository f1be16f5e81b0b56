import pytest

import etascope
from etascope.core.errors import InputError
from etascope.core.recording import BestEffort, best_effort
from tests.core.failing import FailingRecorder, each_error


def raised(error):
    raise error


def search(recorder):
    recorder.begin(None, None)
    recorder.append(None)
    recorder.append(None)
    recorder.finish(None)


@each_error
@pytest.mark.parametrize(
    ("fails", "lost"),
    [("begin", "This run is not kept"), ("append", "The rest of run 7 is not kept"),
     ("finish", "The answer of run 7 is not kept")],
)  # fmt: skip
def test_the_first_failure_is_told_in_a_sentence_and_nothing_is_tried_after_it(fails, lost, error):
    sentences, failing = [], FailingRecorder(fails, error)
    recorder = BestEffort(failing, lambda said: sentences.append(str(said)), name=lambda: "run 7")
    assert recorder.keeps
    search(recorder)
    assert not recorder.keeps
    assert failing.calls[-1] == fails
    [sentence] = sentences
    assert sentence.startswith(f"keeping the search failed with {type(error).__name__}")
    assert sentence.endswith(f". {lost}; the search goes on.")
    assert "\n" not in sentence
    assert ".." not in sentence


def test_what_is_a_sentence_already_is_told_as_it_is():
    sentences = []
    search(
        BestEffort(FailingRecorder("begin", InputError("the disk is full.")), lambda said: sentences.append(str(said)))
    )
    assert sentences == ["the disk is full. This run is not kept; the search goes on."]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)])
def test_what_ends_a_process_is_not_taken_for_trouble(error):
    with pytest.raises(type(error)):
        search(BestEffort(FailingRecorder("append", error), print))


@pytest.mark.parametrize("histories", [0, 1, 3])
def test_a_recorder_hears_of_a_search_when_it_is_ready_and_then_of_all_of_it(histories):
    recorder = FailingRecorder(None, None)
    waiting = BestEffort(recorder, ready=lambda histories: len(histories) == 2)
    waiting.begin(None, None)
    heard = []
    for _ in range(histories):
        waiting.append(None)
        heard.append(list(recorder.calls))
    assert heard == [[], ["begin", "append", "append"], ["begin", "append", "append", "append"]][:histories]
    waiting.finish(None)
    assert recorder.calls == ["begin", *["append"] * histories, "finish"]


@each_error
@pytest.mark.parametrize(
    ("fails", "expected"),
    [("begin", ["begin"]), ("append", ["begin", "append"]), ("finish", ["begin", "append", "append", "finish"])],
)
def test_a_recorder_in_trouble_costs_a_warning(error, fails, expected):
    recorder = FailingRecorder(fails, error)
    with pytest.warns(RuntimeWarning, match=rf"failed with {type(error).__name__}.*; the search goes on\.$") as caught:
        search(best_effort(recorder))
    assert len(caught) == 1
    assert recorder.calls == expected


def test_a_recorder_may_refuse_before_anything_was_trained_and_only_then():
    refusal = InputError("there is no such place. Give another.")
    with pytest.raises(InputError, match="no such place"):
        search(best_effort(FailingRecorder("begin", refusal)))
    with pytest.warns(RuntimeWarning, match=r"^there is no such place. Give another. This run is not kept"):
        search(BestEffort(FailingRecorder("begin", refusal), ready=bool))
    with pytest.warns(RuntimeWarning, match=r"^there is no such place. Give another. The rest of this run is not kept"):
        search(best_effort(FailingRecorder("append", refusal)))


def test_nobody_is_a_recorder_too_and_one_that_ends_no_search_is_not_wrapped_again():
    assert not best_effort(None).keeps
    search(best_effort(None))
    held = best_effort(FailingRecorder("begin", KeyError()))
    assert best_effort(held) is held


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

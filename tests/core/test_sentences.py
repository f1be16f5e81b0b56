import pickle

import pytest

from etascope.core.errors import InputError
from etascope.core.sentences import Sentence, Setting, python, say


@pytest.mark.parametrize(
    ("setting", "argument"),
    [
        (Setting("folds", 5), "folds=5"),
        (Setting("low", 1e-7), "low=1e-07"),
        (Setting("optimizer", "adam"), "optimizer='adam'"),
        (Setting("skip_bad", True), "skip_bad=True"),
        (Setting("image_size"), "image_size"),
    ],
)
def test_python_writes_a_setting_as_an_argument(setting, argument):
    assert python(setting) == argument


def test_values_stand_in_the_template_in_their_format():
    sentence = say(
        "{share:.1f} % of {count:,} at {low:rate}, {loss:nats}", share=12.34, count=1200, low=0.0123456, loss=2
    )
    assert str(sentence) == "12.3 % of 1,200 at 0.0123, 2.00"


def test_braces_that_are_no_place_are_text():
    assert str(say("python {lr} {folds:rate} {}", value=1)) == "python {lr} {folds:rate} {}"
    assert str(say("{path}", Setting("folds", 5), path="{folds}")) == "{folds}"


def test_a_setting_with_a_format_is_its_value_alone():
    sentence = say("Search below {high:rate}.", Setting("high", 0.12345))
    assert str(sentence) == sentence.written(lambda setting: None) == "Search below 0.123."


def test_a_door_without_a_setting_leaves_out_the_sentence_that_tells_it():
    sentence = say("It failed. Try {folds}. {left} others are left.", Setting("folds", 5), left=2)
    assert sentence.written(lambda setting: None) == "It failed. 2 others are left."


def test_it_is_true_where_it_says_anything_and_shows_what_would_move_a_cursor():
    assert (bool(Sentence("")), bool(say("yes."))) == (False, True)
    assert str(say("a {name}", name="b\x1b[2J")) == r"a b\x1b[2J"


def test_an_error_writes_its_sentences_for_a_door_also_after_it_was_sent():
    error = InputError("no rows.", say("Try {folds}.", Setting("folds", 5)))
    error = pickle.loads(pickle.dumps(error))
    assert (str(error), error.said, error.advice) == ("no rows. Try folds=5.", "no rows.", "Try folds=5.")
    assert error.written(lambda setting: None) == "no rows."

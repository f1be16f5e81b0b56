import pickle

import pytest

from etascope import InputError
from etascope.core.sentences import Setting, say
from etascope.images.files.decode import BadImage
from etascope.studio.failure import Failed, called, sentence


def test_the_page_is_told_what_was_found_and_never_an_option():
    assert sentence(BadImage("a.png", "it is empty")) == "a.png cannot be read as an image: it is empty."
    assert sentence(InputError("no. Try yes.")) == "no. Try yes."
    assert sentence(Failed("the disk is full.")) == "the disk is full."
    assert sentence(KeyError("x")) == "the studio failed with KeyError: 'x'. Try again; if it stays, report it."


def test_advice_is_shown_where_the_page_has_all_that_it_sets():
    smaller = say("Take {batch_size} or {epochs}.", Setting("batch_size", 64), Setting("epochs"))
    assert sentence(InputError("it is too much.", smaller)) == "it is too much. Take batch size 64 or epochs."
    more = say("Take {batch_size} or {workers}.", Setting("batch_size", 64), Setting("workers", 1))
    assert sentence(InputError("it is too much.", more)) == "it is too much."
    assert sentence(InputError("bands. Leave them out.", "In Python: images[..., :3].")) == "bands. Leave them out."
    said = say("it is no folder. Leave {store} out.", Setting("store"))
    assert sentence(InputError(said)) == "it is no folder."


def test_a_process_that_is_told_to_stop_says_so():
    def stopped():
        raise KeyboardInterrupt

    with pytest.raises(Failed, match=r"was told to stop\. Try again") as caught:
        called(stopped)
    assert caught.value.status == 503


def test_what_is_returned_comes_back():
    assert called(sum, [1, 2]) == 3


def test_an_error_that_can_be_sent_is_left_as_it_is():
    def bad():
        raise BadImage("a.png", "it is empty")

    with pytest.raises(BadImage) as caught:
        called(bad)
    assert pickle.loads(pickle.dumps(caught.value)).name == "a.png"


def test_a_status_is_kept():
    assert pickle.loads(pickle.dumps(Failed("no.", 503))).status == 503

import pickle

import pytest

from etascope import InputError
from etascope.images.files.decode import BadImage
from etascope.studio.failure import Failed, called, sentence


def test_the_page_is_told_what_was_found_and_never_an_option():
    assert sentence(BadImage("a.png", "it is empty")) == "a.png cannot be read as an image: it is empty."
    assert sentence(InputError("no. Try yes.")) == "no. Try yes."
    assert sentence(Failed("the disk is full.")) == "the disk is full."
    assert sentence(KeyError("x")) == "the studio failed with KeyError: 'x'. Try again; if it stays, report it."


def test_python_that_stands_beside_words_is_not_for_the_page():
    given = InputError("bands. Give the images without it (images[..., :3]), or save them as RGB.")
    assert sentence(given) == "bands. Give the images without it, or save them as RGB."
    assert sentence(InputError("Choose bands (images[..., [2, 1, 0]]), or one.")) == "Choose bands, or one."


def test_a_process_that_is_told_to_stop_says_so():
    def stopped():
        raise KeyboardInterrupt

    with pytest.raises(Failed, match=r"was told to stop\. Try again") as told:
        called(stopped)
    assert told.value.status == 503


def test_what_is_returned_comes_back():
    assert called(sum, [1, 2]) == 3


def test_an_error_that_can_be_sent_is_left_as_it_is():
    def bad():
        raise BadImage("a.png", "it is empty")

    with pytest.raises(BadImage) as told:
        called(bad)
    assert pickle.loads(pickle.dumps(told.value)).name == "a.png"


def test_a_status_is_kept():
    assert pickle.loads(pickle.dumps(Failed("no.", 503))).status == 503

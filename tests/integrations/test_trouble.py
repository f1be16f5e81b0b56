import pytest

from etascope.integrations.trouble import safely


def test_what_goes_well_is_done_without_a_word():
    done = []
    assert safely("Tracker", lambda: done.append(1)) is True
    assert done == [1]


def test_trouble_is_a_warning_with_its_first_line():
    def fail():
        raise OSError("disk full.\nmore of it")

    with pytest.warns(RuntimeWarning, match=r"^Tracker cannot log any more: disk full\. The search goes on; log the "):
        assert safely("Tracker", fail) is False


def test_trouble_without_words_is_told_by_its_kind():
    def fail():
        raise KeyError

    with pytest.warns(RuntimeWarning, match="KeyError"):
        safely("Tracker", fail)


def test_an_interrupt_is_no_trouble():
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        safely("Tracker", stop)

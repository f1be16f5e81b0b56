import pytest

from etascope.core.errors import InputError
from etascope.core.question import Question


@pytest.mark.parametrize(("options", "answer"), [(("a", "a"), 0), (("a",), 0), (("a", "b"), 2), (("a", "b"), -1)])
def test_a_question_without_exactly_one_right_answer_is_refused(options, answer):
    with pytest.raises(InputError, match="found"):
        Question("Which?", options, answer, "So.")

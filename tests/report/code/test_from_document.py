import pytest

from etascope.core.errors import InputError
from etascope.report.code.from_document import read_pick
from etascope.report.document import pick_document, write_json
from tests.learn import made
from tests.report.reported import reported_run


@pytest.mark.parametrize("learning_rate", [0.018, None])
def test_a_document_gives_back_what_was_asked(tmp_path, learning_rate):
    run = made.run(learning_rate=learning_rate)
    write_json(pick_document(run), tmp_path / "answer.json")
    recipe, data, rate = read_pick(tmp_path / "answer.json")
    assert (recipe, data, rate) == (run.recipe, run.data, learning_rate)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "one of etascope pick"),
        ("[]", "one of etascope pick"),
        ('{"schema": "etascope/trace/1"}', "one of etascope pick"),
        ('{"schema": "etascope/pick/1"}', "is not whole"),
    ],
)
def test_other_files_are_refused(tmp_path, text, said):
    (tmp_path / "answer.json").write_text(text)
    with pytest.raises(InputError, match=said):
        read_pick(tmp_path / "answer.json")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_pick(tmp_path / "answer.json")


def test_a_document_of_a_script_is_refused(tmp_path):
    write_json(pick_document(reported_run()), tmp_path / "answer.json")
    with pytest.raises(InputError, match="your own"):
        read_pick(tmp_path / "answer.json")

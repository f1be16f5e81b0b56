import pickle

import pytest

from etascope.cli.dialect import OPTIONS, command_line
from etascope.cli.main import commands, main
from etascope.cli.messages import complain, end, note
from etascope.core.errors import InputError
from etascope.core.recording import BestEffort
from etascope.core.sentences import Setting, say


@pytest.mark.parametrize(
    ("setting", "option"),
    [
        (Setting("folds", 5), "--folds 5"),
        (Setting("low", 1e-7), "--low 1e-07"),
        (Setting("momentum", 0.123456789012345), "--momentum 0.123456789012345"),
        (Setting("image_size"), "--image-size"),
        (Setting("metric", "loss[=: ]+(.*)"), "--metric 'loss[=: ]+(.*)'"),
        (Setting("skip_bad", True), "--skip-bad"),
        (Setting("measure", False), "--no-measure"),
        (Setting("widths", (64, 128)), "--widths 64,128"),
        (Setting("hidden", ()), "--hidden 0"),
        (Setting("learning_rate", 0.1), "--lr 0.1"),
        (Setting("address", "HOST:PORT"), "--ray HOST:PORT"),
    ],
)
def test_a_setting_is_an_option(setting, option):
    assert command_line(setting) == option


def test_an_error_tells_options_at_the_command_line_and_arguments_in_python():
    error = InputError("there are no folds.", say("Try {folds}.", Setting("folds", 5)))
    assert (error.written(command_line), str(error)) == (
        "there are no folds. Try --folds 5.",
        "there are no folds. Try folds=5.",
    )


class Unusable(InputError):
    """An error of a class of its own."""


def test_whatever_says_something_is_written_with_options_by_the_commands(capsys):
    advice = say("Keep runs with {url}.", Setting("url", "my runs"))
    error = pickle.loads(pickle.dumps(Unusable("the place is full.", advice)))
    for said in (error, error.sentence, advice):
        note(said)
        complain(said)
    with pytest.raises(SystemExit):
        end(error, 2)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 7
    assert all(line.endswith("Keep runs with --store 'my runs'.") for line in lines)
    assert str(error.sentence) == str(error) == "the place is full. Keep runs with url='my runs'."


def test_an_error_of_any_kind_ends_a_command_in_the_words_of_the_command(monkeypatch, capsys):
    def refuse(**_):
        raise Unusable("there are no folds.", say("Try {folds}.", Setting("folds", 5)))

    monkeypatch.setattr("etascope.cli.main.commands.main", refuse)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert capsys.readouterr().err == "etascope: there are no folds. Try --folds 5.\n"


def test_what_hinders_keeping_is_noted_in_the_words_of_the_command(capsys):
    class Full:
        def begin(self, data, task):
            raise Unusable("the disk is full.", say("Try {url}.", Setting("url", "PATH")))

    BestEffort(Full(), note).begin(None, None)
    assert capsys.readouterr().err == (
        "note: the disk is full. Try --store PATH. This run is not kept; the search goes on.\n"
    )
    recorder = BestEffort(Full(), ready=lambda _: True)
    recorder.begin(None, None)
    with pytest.warns(RuntimeWarning, match="Try url='PATH'"):
        recorder.append(None)


def test_every_name_of_the_table_is_an_option():
    known = {
        option.removeprefix("--")
        for name in commands.list_commands(None)
        for parameter in commands.get_command(None, name).params
        for option in parameter.opts
    }
    assert set(OPTIONS.values()) <= known
    assert not {name.replace("_", "-") for name in OPTIONS} & known - {"learning-rate"}

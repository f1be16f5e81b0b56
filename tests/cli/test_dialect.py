import pytest

from etascope.cli.dialect import command_line
from etascope.core.errors import InputError
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
        (Setting("times", [1, 2, 4]), "--times 1,2,4"),
        (Setting("address", "local"), "--ray local"),
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

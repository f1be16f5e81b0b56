"""How the command line writes a setting, as an option (`command_line`), and whatever is said with settings (`written`).

Outside `cli` nothing names an option. Sentences of other rooms have settings in them, by the names that Python's
functions have, in `core.errors.InputError`, its subclasses, and the `core.sentences.Sentence` of a note or of a reason.
All that a command says goes through `cli.messages`, which writes them as `--options` by `written`; an answer goes
through `Choice.written`. What was written down before, as text, stays as it is.
"""

from __future__ import annotations

from typing import cast

from etascope.core.errors import InputError
from etascope.core.sentences import Call, Sentence, Setting
from etascope.core.visible import in_shell

#: The option of a setting that Python's functions call otherwise.
OPTIONS = {"url": "store", "address": "ray", "learning_rate": "lr", "reports": "report"}


def command_line(setting: Setting) -> str:
    """Write a setting as an option, with its value as a shell takes it.

    Examples
    --------
    >>> command_line(Setting("batch_size", 64)), command_line(Setting("skip_bad", True)), command_line(Setting("url"))
    ('--batch-size 64', '--skip-bad', '--store')
    >>> command_line(Call("pick", ("my photos", Setting("test", "more"))))
    "etascope pick 'my photos' --test more"
    """
    if isinstance(setting, Call):
        words = (command_line(part) if isinstance(part, Setting) else in_shell(str(part)) for part in setting.value)
        return " ".join(["etascope", setting.name.replace("_", "-"), *words])
    name, value = OPTIONS.get(setting.name, setting.name).replace("_", "-"), setting.value
    if value is None or isinstance(value, bool):
        return f"--no-{name}" if value is False else f"--{name}"
    # No hidden layer at all is 0.
    values = cast("tuple[object, ...]", value) or (0,) if isinstance(value, tuple) else (value,)
    return f"--{name} {in_shell(','.join(map(_text, values)))}"


def _text(value: object) -> str:
    # Short where that is the same number, and exact where it is not.
    short = f"{value:.12g}" if isinstance(value, float) else ""
    return short if short and float(short) == value else str(value)


def written(said: str | Sentence | InputError) -> str:
    """Return what is said as a command says it."""
    return said if isinstance(said, str) else said.written(command_line)

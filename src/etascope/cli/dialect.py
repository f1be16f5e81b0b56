"""How the command line writes a setting, as an option: `command_line`."""

from __future__ import annotations

from typing import Any, cast

from etascope.core.sentences import Setting
from etascope.core.visible import in_shell

#: Settings that the command line calls otherwise.
_NAMES = {"address": "ray"}


def command_line(setting: Setting) -> str:
    """Write a setting as an option, with its value as a shell takes it.

    Examples
    --------
    >>> command_line(Setting("batch_size", 64)), command_line(Setting("skip_bad", True))
    ('--batch-size 64', '--skip-bad')
    >>> command_line(Setting("widths", [64, 128]))
    '--widths 64,128'
    >>> command_line(Setting("pick", ("my photos", Setting("test", "more"))))
    "etascope pick 'my photos' --test more"
    """
    if isinstance(setting.value, tuple):
        parts: tuple[Any, ...] = setting.value  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        words = (command_line(part) if isinstance(part, Setting) else in_shell(str(part)) for part in parts)
        return " ".join(["etascope", setting.name, *words])
    name, value = f"--{_NAMES.get(setting.name, setting.name).replace('_', '-')}", setting.value
    if value is None or value is True:
        return name
    if isinstance(value, list):
        value = ",".join(map(str, cast("list[object]", value)))
    # Short where that is the same number, and exact where it is not.
    short = f"{value:.12g}" if isinstance(value, float) else ""
    return f"{name} {in_shell(short if short and float(short) == value else str(value))}"

"""How the command line writes a setting, as an option: `command_line`."""

from __future__ import annotations

from typing import cast

from etascope.core.sentences import Setting
from etascope.core.visible import in_shell


def command_line(setting: Setting) -> str:
    """Write a setting as an option, with its value as a shell takes it.

    Examples
    --------
    >>> command_line(Setting("batch_size", 64)), command_line(Setting("skip_bad", True))
    ('--batch-size 64', '--skip-bad')
    >>> command_line(Setting("widths", (64, 128)))
    '--widths 64,128'
    """
    name, value = f"--{setting.name.replace('_', '-')}", setting.value
    if value is None or value is True:
        return name
    if isinstance(value, tuple):
        value = ",".join(map(str, cast("tuple[object, ...]", value)))
    return f"{name} {in_shell(f'{value:.12g}' if isinstance(value, float) else str(value))}"

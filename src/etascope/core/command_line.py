"""The command of a trial: a template with its learning rate, epochs, seed and number filled in, `CommandLine`."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from etascope.core.checks import check_values
from etascope.core.errors import InputError
from etascope.core.sentences import Setting, say

#: What may stand in braces.
NAMES = ("lr", "epochs", "seed", "trial")
EXAMPLE = "python train.py --lr {lr} --epochs {epochs} --seed {seed}"
_BRACES = re.compile(r"\{\{(\w+)\}\}|\{(\w+)\}")


@dataclass(frozen=True)
class CommandLine:
    """A shell command with `{lr}`, and `{epochs}`, `{seed}` and `{trial}` where they are wanted.

    Braces with anything but a word in them are the shell's; `{{word}}` is `{word}`.

    Attributes
    ----------
    template
        The command.

    Raises
    ------
    InputError
        If it has no `{lr}`, or an unknown name in braces.

    Examples
    --------
    >>> CommandLine("python train.py --lr {lr} --seed {seed}").filled(0.001, 10, 0, 1)
    'python train.py --lr 0.001 --seed 0'
    """

    template: str

    def __post_init__(self) -> None:
        """Check the names in braces."""
        check_values(self)
        names = [match[2] for match in _BRACES.finditer(self.template) if match[2]]
        for name in names:
            if name not in NAMES:
                close = difflib.get_close_matches(name.lower(), NAMES, n=1, cutoff=0.5)
                hint = f" Did you mean {{{close[0]}}}?" if close else f" Write {{{{{name}}}}} for the word in braces."
                known = ", ".join(f"{{{one}}}" for one in NAMES)
                may = "{command} may have {known} in braces; found {other}.{hint}"
                raise InputError(say(may, Setting("command"), known=known, other=f"{{{name}}}", hint=hint))
        if "lr" not in names:
            must = "{command} must say where the learning rate goes, with {lr}; found {given}. Try '{example}'."
            raise InputError(say(must, Setting("command"), given=repr(self.template), example=EXAMPLE))

    def filled(self, learning_rate: float, epochs: int, seed: int, trial: int) -> str:
        """Return the command of a trial."""
        values = {"lr": f"{learning_rate:.12g}", "epochs": str(epochs), "seed": str(seed), "trial": str(trial)}
        return _BRACES.sub(lambda match: f"{{{match[1]}}}" if match[1] else values[match[2]], self.template)

"""What to say of a script that failed, hangs or reports nothing: `failure`, `search_failure`."""

from __future__ import annotations

import signal

from etascope.core.errors import InputError
from etascope.core.numbers import rate
from etascope.training.command.metric import LineMetric, shown
from etascope.training.command.process import Script

#: What a shell ends with that did not find a program, or may not run it.
NEVER_RUN = (126, 127)


def failure(script: Script, code: int | None, reported: int, timeout: float | None) -> str:
    """Return how the script of one trial failed, in a clause.

    Parameters
    ----------
    script
        With its last lines and its log.
    code
        Its exit code; None while it runs.
    reported
        Epochs that it reported.
    timeout
        The seconds that it was given, if that is why it is ended; else None.
    """
    after = "before its first metric" if not reported else f"after {reported} epoch{'' if reported == 1 else 's'}"
    return f"its script {_ended(code, timeout)} {after}{_said(script)}; its log is {script.log.name}"


def search_failure(
    script: Script, code: int | None, learning_rate: float, metric: LineMetric, timeout: float | None
) -> InputError:
    """Return what ends a search: the trial with the lowest rate reported nothing, so no other one need be tried."""
    option = f"--metric-key {metric.key!r}" if metric.key is not None else f"--metric {shown(metric.pattern or '')}"
    where = f"Its log is {script.log}."
    if code == 0:
        hint = "It printed nothing at all." if not script.last_lines else f"It ended with: {script.last_lines}."
        return InputError(
            f"the script must print a metric after each epoch; at learning rate {rate(learning_rate)} it ended "
            f"without a line in which {option} finds a number. {hint} {where}"
        )
    if timeout is not None:
        hint = "It printed nothing at all" if not script.last_lines else f"It printed last: {script.last_lines}"
        return InputError(
            f"the script must print a metric within --timeout; at learning rate {rate(learning_rate)} it had none "
            f"after {timeout:g} s. {hint}. If it hangs, the log tells where; if the metric stands there, {option} does "
            f"not match it; else allow more seconds. {where}"
        )
    when = "" if code in NEVER_RUN else " before its first metric"
    return InputError(
        f"the script {_ended(code, None)}{when}, at learning rate {rate(learning_rate)}"
        f"{_said(script)}. {where} It was run as: {script.command}"
    )


def _ended(code: int | None, timeout: float | None) -> str:
    if timeout is not None or code is None:
        return f"was stopped when its {timeout:g} s were over" if timeout is not None else "was stopped"
    if code == 0:
        return "ended"
    # A shell says 128 and the signal of what it ran.
    number = -code if code < 0 else code - 128 if code > 128 else 0
    if number in [s.value for s in signal.Signals]:
        name = signal.Signals(number).name
        hint = ", as it happens where memory runs out," if name == "SIGKILL" else ""
        return f"was ended by {name}{hint}"
    return f"{'could not be run:' if code in NEVER_RUN else 'failed with'} exit code {code}"


def _said(script: Script) -> str:
    return f", and said last: {script.last_lines}" if script.last_lines else ", and printed nothing"

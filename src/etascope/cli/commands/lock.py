"""The commands `lock` and `check`: write an accepted answer down, and hold the present against it."""

from __future__ import annotations

import os
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from etascope.cli.messages import note, say
from etascope.cli.options.output import require_place
from etascope.cli.options.recipe import number, recipe_of, recipe_options
from etascope.cli.options.store import opened, store_option
from etascope.cli.progress import progress_bar
from etascope.cli.searching import DEFAULTS, PATHS, is_path, open_again, search
from etascope.core.data import called
from etascope.core.errors import InputError
from etascope.core.numbers import rate
from etascope.core.plan import check_rates
from etascope.core.recipe import Recipe
from etascope.core.run import versions
from etascope.core.visible import in_shell
from etascope.report.files.lock import LOCK_NAME, read_lock, write_lock
from etascope.report.words.lock import Lock, data_moved, rate_moved, recipe_moved, result_moved

HOLDS, MOVED = 0, 1
_RECIPE = frozenset(field.name for field in fields(Recipe))
#: What decides how fast, from where or how it is shown, not what comes out.
_NOT_LOCKED = ("workers", "image", "folder")


@click.command(
    epilog=f"""\b
Examples:
  etascope lock                      the latest run, to {LOCK_NAME}
  etascope lock 3f2a                 that run; how its id begins is enough
  etascope lock --out my.lock.json   another file""",
)
@click.argument("run", default="last")
@click.option("--out", default=LOCK_NAME, show_default=True, metavar="PATH", help="The file to write.")
@store_option
def lock(run: str, out: str, store_url: str | None) -> int:
    """Write the answer of a run to a small file to commit: rate, basin, recipe, data and results.

    RUN is an id, the beginning of one, or `last`, which is the default. `etascope check` holds the present against
    that file. Paths of images are written as seen from it.
    """
    if out == "-":
        raise InputError(f"--out needs a file to commit; found '-'. Try {LOCK_NAME}.")
    require_place("--out", out)
    accepted = Lock.of(opened(store_url).get(run))
    path = Path(out)
    folder = path.absolute().parent
    kept = {name: value for name, value in accepted.options.items() if name not in _NOT_LOCKED}
    for name in PATHS:
        if is_path(kept.get(name), name):
            kept[name] = _seen_from(folder, kept[name])
    write_lock(replace(accepted, options=kept), path)
    basin = f"{rate(accepted.basin.low)} .. {rate(accepted.basin.high)}"
    say(f"{out} holds learning rate {rate(accepted.learning_rate)} with its basin {basin}. Commit it, and let "
          "etascope check watch over it.")  # fmt: skip
    return 0


@click.command(
    epilog=f"""\b
Examples:
  etascope check                            {LOCK_NAME} and its data
  etascope check --lr 0.02 --epochs 5       what your training uses
  etascope check --data photos/ --retrain   search again, on data elsewhere

Exits with 0 when all holds, 1 when something has moved, 2 for bad input.""",
)
@click.argument("path", default=LOCK_NAME)
@click.option("--data", metavar="DATA", help="Where the images are now. [default: as locked]")
@click.option("--labels", metavar="PATH", help="Where their labels are now. [default: as locked]")
@click.option("--test", metavar="PATH", help="Where the test images are now. [default: as locked]")
@click.option("--lr", "--learning-rate", "lr", type=float, help="The rate that your training uses.")
@click.option("--retrain", is_flag=True, help="Also search again, as the lock says; takes as long as the search took.")
@recipe_options
@click.pass_context
def check(ctx: click.Context, path: str, lr: float | None, retrain: bool, **_: object) -> int:
    """Hold the present against a lock, and fail when something has moved.

    It opens the images that the lock names (or --data) and compares their fingerprint; looks whether the locked rate,
    or the one of --lr, lies in the locked basin; and compares the options of the recipe that are given. It trains
    nothing. With --retrain it searches again with the same recipe, seed and window, and the new best rate must lie in
    the locked basin: on the same data and software it is the locked rate, to the last bit.
    """
    if lr is not None:
        import numpy as np

        check_rates(np.array([lr], np.float64))
    given = [name for name in ctx.params if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    used_recipe = recipe_of(ctx.params)
    locked = read_lock(Path(path))
    used = {name: getattr(used_recipe, name) for name in given if name in _RECIPE}
    moved = [rate_moved(locked), None if lr is None else rate_moved(locked, lr), recipe_moved(locked, used)]
    share = None if ctx.params["test"] is None else number(ctx.params["test"])
    if share is not None:
        raise InputError(
            f"--test of check is where the test images are now, a path; found {ctx.params['test']}. A share of the "
            "images is part of the lock: leave it out."
        )
    options = _options(locked, Path(path).absolute().parent, {name: ctx.params[name] for name in given})
    if options["data"] is None:
        raise InputError(
            f"the lock {path} does not say where its images are: they came from Python. Save them to a file, and name "
            f"it: etascope check {in_shell(called(path))} --data images.npz."
        )
    with progress_bar() as progress:
        dataset, share = open_again(
            options,
            f"the lock {path}",
            progress,
            moved="Put them back, or say where they are: --data PATH.",
        )
        moved.append(data_moved(locked, dataset))
        if retrain:
            moved.append(result_moved(locked, search(dataset, share, locked.recipe, options, progress).choice))
    sentences = [sentence for sentence in moved if sentence is not None]
    for sentence in sentences:
        say(sentence[0].upper() + sentence[1:])
    if sentences:
        say(f"Accept what is new with etascope pick and etascope lock, or go back to what {path} says.")
        return MOVED
    basin = f"{rate(locked.basin.low)} .. {rate(locked.basin.high)}"
    searched = " A new search found its best rate in the basin." if retrain else ""
    say(f"{path} holds: learning rate {rate(lr or locked.learning_rate)} lies in its basin {basin}, and "
          f"{dataset.source} is what was locked.{searched}")  # fmt: skip
    _note_versions(locked)
    return HOLDS


def _seen_from(folder: Path, value: str) -> str:
    path = Path(value)
    if not path.is_relative_to(folder):
        return value
    relative = path.relative_to(folder).as_posix()
    return called(relative) if is_path(relative, "test") else f"./{relative}"


def _options(locked: Lock, folder: Path, given: dict[str, Any]) -> dict[str, Any]:
    options = {**DEFAULTS, **locked.options}
    for name in PATHS:
        if name in given:
            options[name] = given[name]
        elif is_path(options[name], name):
            options[name] = os.path.normpath(folder / options[name])
    for name in _NOT_LOCKED:
        options[name] = given.get(name, DEFAULTS.get(name))
    return options


def _note_versions(locked: Lock) -> None:
    now, was = versions()["etascope"], locked.versions.get("etascope")
    if was != now:
        note(f"it was locked by etascope {was}, and this is {now}.")


def _as_locked(command: click.Command) -> None:
    """Make the options of a recipe say what they are here: left out, they are not looked at."""
    command.params = [parameter for parameter in command.params if parameter.name != "image"]
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name in _RECIPE:
            parameter.show_default = False
            parameter.help = f"{(parameter.help or '').partition('[default')[0].strip()} [default: as locked]".strip()


_as_locked(check)

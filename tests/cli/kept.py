"""Searches that are kept in a store on disk, for the commands that read them."""

from functools import cache

from etascope import Recipe
from etascope.cli.searching import search
from etascope.core.protocols import ignore
from etascope.core.recording import StoreRecorder
from etascope.images.open import open_images
from etascope.store.open import open_store
from tests.images.making import pictures, write_folder

SMALL_RECIPE = {"hidden": (), "epochs": 1}
OPTIONS = {"data": "digits", "folds": 2, "low": 0.001, "high": 1.0, "workers": 1}


@cache
def searched(**recipe):
    """Return a small search, done once however many tests keep it."""
    return search(open_images("digits"), None, Recipe(**{**SMALL_RECIPE, **recipe}), OPTIONS, ignore)


@cache
def untold():
    """Return a search that cannot tell a rate."""
    options = {**OPTIONS, "low": 1e-9, "high": 2e-9}
    return search(open_images("digits"), None, Recipe(**SMALL_RECIPE), options, ignore)


def keep(path, run, rounds=None, options=OPTIONS):
    """Keep a run, or only its first rounds, as if its process had been killed then; return its id."""
    kept = StoreRecorder(open_store(str(path)), options)
    kept.begin(run.data, run.task)
    for history in run.histories[:rounds]:
        kept.append(history)
    if rounds is None:
        kept.finish(run)
    return kept.run_id


def ids(path):
    """Return the ids in a store, the latest first."""
    return [line.id for line in open_store(str(path)).find()]


def write_photos(path, n=40):
    """Write a folder of pictures in two classes, day and night, that a small search can tell."""
    images = pictures(n) // 2
    images[::2] += 120
    write_folder(path, images, (["day", "night"] * n)[:n])

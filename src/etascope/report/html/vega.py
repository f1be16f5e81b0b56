"""Vega, Vega-Lite and Vega-Embed as one script without imports, for pages that need no network."""

from __future__ import annotations

from contextlib import suppress
from importlib import metadata
from pathlib import Path

from etascope.core.errors import InputError
from etascope.report.files.whole_file import write_whole

#: How to get the library that draws.
INSTALL = "charts need vl-convert-python, which is not installed. Get it: pip install vl-convert-python."
#: What the bundle gives to the page, and how that reads once it is linked; a file without it is no bundle.
SNIPPET, MARK = "window.vegaEmbed = vegaEmbed;", "window.vegaEmbed="


def vega_bundle(cache: Path | None = None) -> str:
    """Return a script that sets the global `vegaEmbed`.

    vl-convert links its parts anew each time, in more than a second, so the result is kept in the user's cache under
    the version of vl-convert. A cache that cannot be read or written is done without. Where vl-convert is not
    installed, that is an `InputError`.
    """
    try:
        version = metadata.version("vl-convert-python")
    except metadata.PackageNotFoundError as error:
        raise InputError(INSTALL) from error
    kept = (cache or _user_cache()) / f"vega-{version}.js"
    with suppress(OSError, UnicodeDecodeError):
        script = kept.read_text(encoding="utf-8")
        if MARK in script:
            return script
    from vl_convert import javascript_bundle

    script: str = javascript_bundle(SNIPPET)
    with suppress(OSError, InputError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_whole(kept, script)
    return script


def _user_cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("etascope")

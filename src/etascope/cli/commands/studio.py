"""`etascope studio`: the web page."""

from __future__ import annotations

import signal

import click

from etascope.cli.options.store import opened, store_option
from etascope.cli.saying import say
from etascope.cli.stopping import number_of


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen at; others need the token in the link."
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port to listen at.  [default: a free one]")
@click.option("--open/--no-open", "show", default=True, help="Open the browser, or only print the link.")
@store_option
def studio(store_url: str | None, host: str, port: int, show: bool) -> None:
    r"""See learning rates at work on a web page, every number just trained.

    \b
    Examples:
      etascope studio
      etascope studio --no-open --port 8000

    The page is served from this machine to this machine, and needs no network. Ctrl-C ends it.
    """
    from etascope.studio.serve import serve

    def tell(link: str) -> None:
        say(f"etascope studio at {link}   (Ctrl-C ends it)")

    try:
        serve(opened(store_url, make=True), host, port, show=show, tell=tell)
    except KeyboardInterrupt as stop:
        # Ctrl-C is how it ends, and nothing to complain of.
        if number_of(stop) != signal.SIGINT:
            raise

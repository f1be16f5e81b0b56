"""A run or an experiment in a notebook: answer and chart, in every form that notebooks understand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from etascope.core.data import DataSummary
from etascope.core.errors import InputError
from etascope.core.run import Run
from etascope.report.charts.chart import Chart, figure
from etascope.report.charts.landscape import landscape_chart
from etascope.report.charts.render import picture_of
from etascope.report.experiment import Experiment
from etascope.report.html.parts import text
from etascope.report.words.answer import facts, headline
from etascope.report.words.job import data_understood

#: Vega-Lite 6 as Altair 6 names it; notebooks that do not know it show the card.
VEGA_LITE = "application/vnd.vegalite.v6.json"
WIDTH = 560


def run_mimebundle(
    run: Run, include: Collection[str] | None = None, exclude: Collection[str] | None = None
) -> dict[str, Any]:
    """Return the answer as text, as a card of HTML with the landscape drawn, and the landscape as Vega-Lite.

    Parameters
    ----------
    run
        What to show.
    include, exclude
        Types of content to keep, and to leave out, as IPython asks for them; None keeps all.

    Notes
    -----
    Without vl-convert the card comes without its picture.
    """
    told = (*map(str, run.choice.reasons), *told_data(run.data))
    return _bundle(lambda: short_answer(run), told, lambda: landscape_chart(run.choice), include, exclude)


def experiment_mimebundle(
    told: Experiment, include: Collection[str] | None = None, exclude: Collection[str] | None = None
) -> dict[str, Any]:
    """Return an experiment's finding, what there is to learn from it, and its first chart; see `run_mimebundle`."""
    sentences = (*told.sentences, *told_data(told.data))
    return _bundle(lambda: "; ".join((told.title, *told.others)), sentences, lambda: told.charts[0], include, exclude)


def told_data(data: DataSummary | None) -> tuple[str, ...]:
    """Return what the images were understood as and every note on them, a sentence each."""
    if data is None or not data.images:
        return ()
    return (f"Images of {data.source}: {data_understood(data)}.", *data.notes)


def short_answer(run: Run) -> str:
    """Return the answer in one line.

    It holds the rate, the basin, how sure that is, and what the final model did on the test images.
    """
    first, *others = headline(run.choice)
    if run.choice.learning_rate is None:
        return f"{run.data.source}: learning rate {first}"
    test = [f"{name}: {sentence}" for name, sentence in facts(run) if name == "test"]
    return "; ".join([f"{run.data.source}: learning rate {first}", *others, *test])


def _bundle(
    line: Callable[[], str],
    sentences: Sequence[str],
    chart: Callable[[], Chart],
    include: Collection[str] | None,
    exclude: Collection[str] | None,
) -> dict[str, Any]:
    makers: dict[str, Callable[[], Any]] = {
        "text/plain": line,
        "text/html": lambda: _card(line(), sentences, chart()),
        VEGA_LITE: lambda: figure(chart(), width=WIDTH),
    }
    return {
        kind: make()
        for kind, make in makers.items()
        if (include is None or kind in include) and (exclude is None or kind not in exclude)
    }


def _card(line: str, sentences: Sequence[str], chart: Chart) -> str:
    try:
        drawn = picture_of(figure(chart, width=WIDTH), "svg").decode("utf-8")
    except InputError:
        drawn = ""
    # The picture has a light ground, so the card has one, too, whatever the notebook's.
    style = "max-width:680px;padding:12px 16px;border-radius:8px;background:#fff;color:#1d2330;font-family:sans-serif"
    why = "".join(f"<li>{text(sentence)}</li>" for sentence in sentences)
    return f'<div style="{style}"><p><b>{text(line)}</b></p><ul>{why}</ul>{drawn}</div>'

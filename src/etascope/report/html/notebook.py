"""A run or an experiment in a notebook: answer and chart, in every form that notebooks understand."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from etascope.core.errors import InputError
from etascope.core.run import Run
from etascope.report.charts.chart import Chart, figure
from etascope.report.charts.landscape import landscape_chart
from etascope.report.charts.render import picture_of
from etascope.report.experiment import Experiment
from etascope.report.html.parts import text
from etascope.report.words.answer import facts, headline
from etascope.report.words.job import data_sentences

#: Vega-Lite 6 as Altair 6 names it; notebooks that do not know it show the card.
VEGA_LITE = "application/vnd.vegalite.v6.json"
WIDTH = 560


def mimebundle(
    result: Run | Experiment, include: Collection[str] | None = None, exclude: Collection[str] | None = None
) -> dict[str, Any]:
    """Return a result as text, as a card of HTML with its first chart drawn, and that chart as Vega-Lite.

    IPython says which types of content to `include` and to `exclude`. Without vl-convert the card has no picture.
    """
    makers: dict[str, Callable[[], Any]] = {
        "text/plain": lambda: _line(result),
        "text/html": lambda: _card(result),
        VEGA_LITE: lambda: figure(_chart(result), width=WIDTH),
    }
    return {
        kind: make()
        for kind, make in makers.items()
        if (include is None or kind in include) and (exclude is None or kind not in exclude)
    }


def short_answer(run: Run) -> str:
    """Return the answer in one line.

    It holds the rate, the basin, how sure that is, and what the final model did on the test images.
    """
    first, *others = headline(run.choice)
    if run.choice.learning_rate is None:
        return f"{run.data.source}: learning rate {first}"
    test = [f"{name}: {sentence}" for name, sentence in facts(run) if name == "test"]
    return "; ".join([f"{run.data.source}: learning rate {first}", *others, *test])


def _line(result: Run | Experiment) -> str:
    return short_answer(result) if isinstance(result, Run) else "; ".join((result.title, *result.others))


def _chart(result: Run | Experiment) -> Chart:
    return landscape_chart(result.choice) if isinstance(result, Run) else result.charts[0]


def _card(result: Run | Experiment) -> str:
    try:
        drawn = picture_of(figure(_chart(result), width=WIDTH), "svg").decode("utf-8")
    except InputError:
        drawn = ""
    # The picture has a light ground, so the card has one, too, whatever the notebook's.
    style = "max-width:680px;padding:12px 16px;border-radius:8px;background:#fff;color:#1d2330;font-family:sans-serif"
    sentences = map(str, result.choice.reasons) if isinstance(result, Run) else result.sentences
    why = "".join(f"<li>{text(sentence)}</li>" for sentence in (*sentences, *data_sentences(result.data)))
    return f'<div style="{style}"><p><b>{text(_line(result))}</b></p><ul>{why}</ul>{drawn}</div>'

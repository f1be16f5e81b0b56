import io
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.run import DataSummary
from etascope.experiments.range_test.report import range_experiment
from etascope.experiments.sharpness.report import sharpness_experiment
from etascope.report.files.markdown import escape, experiment_markdown, run_markdown, table
from tests.experiments.made import nothing_known, ranged, walled
from tests.learn import made


def parsed(text):
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table").parse(text)


def tables(text):
    """The tables of a document as lists of rows of plain cells."""
    tables_read, tokens = [], parsed(text)
    for i, token in enumerate(tokens):
        if token.type == "table_open":
            tables_read.append([])
        elif token.type == "tr_open":
            tables_read[-1].append([])
        elif token.type in ("th_open", "td_open"):
            tables_read[-1][-1].append("".join(child.content for child in tokens[i + 1].children))
    return tables_read


def headings(text):
    tokens = parsed(text)
    return [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]


def test_every_section_stands_in_order(full_run):
    assert headings(run_markdown(full_run)) == [
        "Learning rate: 0.018", "Learning rates", "Training at the recommended rate", "What is known", "Recipe",
        "Use it", "Versions",
    ]  # fmt: skip


def test_the_answer_and_the_reasons_come_first(full_run):
    text = run_markdown(full_run)
    assert "basin 0.01 .. 0.056, likely within 1 point of the best." in text
    items = [t for t in parsed(text) if t.type == "list_item_open"]
    assert len(items) == len(full_run.choice.reasons)


def test_notes_of_the_images_stand_below_what_they_were_understood_as(full_run):
    noted = replace(full_run, data=replace(full_run.data, notes=("2 .heic files were left out.", "plots is no class.")))
    assert "Notes: 2 .heic files were left out. plots is no class.\n" in run_markdown(noted)
    assert "Notes:" not in run_markdown(replace(full_run, data=replace(full_run.data, notes=())))


def test_tables_hold_every_rate_epoch_and_fact(full_run):
    rates, epochs, known, versions = tables(run_markdown(full_run))[:4]
    assert [row[0] for row in rates[1:]] == ["0.001", "0.003", "0.01", "0.018", "0.032", "0.056", "0.1", "0.3", "3"]
    assert [row[-1] for row in rates[1:]].count("in the basin") == 3
    assert rates[4][-1] == "recommended"
    assert len({len(row) for row in rates}) == 1
    assert [row[0] for row in epochs[1:]] == ["1", "2", "3", "4", "5"]
    assert [row[0] for row in known[1:]][:4] == ["walls", "cost", "luck", "worth it?"]
    assert [row[0] for row in versions[1:]] == list(full_run.versions)


def test_the_code_is_a_block_that_compiles(full_run):
    (fence,) = [t for t in parsed(run_markdown(full_run)) if t.type == "fence"]
    assert fence.info == "python"
    assert "torch.optim.SGD(model.parameters(), lr=0.018" in fence.content
    compile(fence.content, "code", "exec")


def test_no_answer_has_no_code_and_no_training(undecided):
    text = run_markdown(undecided)
    assert headings(text) == ["Learning rate: cannot tell yet", "Learning rates", "What is known", "Recipe", "Versions"]
    assert "nan" not in text
    assert "None" not in text


def test_a_diverged_training_is_said_in_its_row():
    nan = float("nan")
    assert "| 2 | diverged |" in run_markdown(made.run(final=(2.0, nan)))


def test_rich_renders_it(full_run):
    from rich.console import Console
    from rich.markdown import Markdown

    stream = io.StringIO()
    Console(file=stream, width=100).print(Markdown(run_markdown(full_run)))
    assert "Learning rate: 0.018" in stream.getvalue()
    assert "**" not in stream.getvalue()


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=40))
def test_any_name_is_shown_as_it_is(name):
    cell = tables(table(("a",), [(escape("x" + name + "x"),)], "l"))[0][1]
    assert cell == [" ".join(("x" + name + "x").replace(" -> ", " → ").replace("+-", "±").split())]


@pytest.mark.parametrize("name", ["a|b", "<script>", "*a*", "# x", "`x`", "[a](b)", "a\nb"])
def test_a_source_with_signs_of_markdown_breaks_nothing(full_run, name):
    data = replace(full_run.data, source=name)
    assert isinstance(data, DataSummary)
    text = run_markdown(replace(full_run, data=data))
    assert len(headings(text)) == 7
    assert len(tables(text)) == 4
    assert not any(token.type.startswith("html") for token in parsed(text))


def test_under_halving_losses_are_said_to_be_those_where_trials_stopped(run):
    said = "where each trial stopped"
    assert said in run_markdown(replace(run, choice=replace(run.choice, regime="dear")))
    assert said not in run_markdown(run)


def test_finding_sentences_and_tables_are_there():
    experiment = range_experiment(ranged((0.03, 0.3)))
    text = experiment_markdown(experiment)
    assert text.startswith("# digits: the rules of a range test suggest 0.03 .. 0.3\n\nthe search beside it: 0.018")
    assert "\n- The suggestions lie a factor of 10 apart" in text
    assert "| finder1 rule | 0.3 | x 17 | 46 points | finder1 1.0, file.py |" in text
    assert "| rule | suggests | times the best | would lose | source |\n| :--- | ---: | :--- | :--- | :--- |" in text
    assert "| 0.018 | 0.42 | 87 % | 5 |" in text


def test_tables_are_whole_and_no_html_is_left():
    for experiment in (range_experiment(ranged()), sharpness_experiment(walled())):
        text = experiment_markdown(replace(experiment, data=nothing_known("<script>|x")))
        assert not re.search(r"(?<!\\)<", text)
        tables = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
        assert len(tables) == len(experiment.charts) + 1
        for drawn in tables:
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in drawn.splitlines()}) == 1


def test_references_stand_at_the_end_and_may_be_missing():
    experiment = sharpness_experiment(walled())
    assert "## Where it comes from\n\n- Goh 2017" in experiment_markdown(experiment)
    assert "Where it comes from" not in experiment_markdown(replace(experiment, references=()))

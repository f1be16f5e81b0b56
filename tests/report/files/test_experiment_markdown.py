import re
from dataclasses import replace

from etascope.experiments.range_test.report import range_experiment
from etascope.experiments.sharpness.report import sharpness_experiment
from etascope.report.files.experiment_markdown import experiment_markdown
from tests.experiments.made import ranged, walled


def test_finding_sentences_and_tables_are_there():
    told = range_experiment(ranged((0.03, 0.3)))
    text = experiment_markdown(told)
    assert text.startswith("# digits: the rules of a range test suggest 0.03 .. 0.3\n\nthe search beside it: 0.018")
    assert "\n- The suggestions lie a factor of 10 apart" in text
    assert "| finder1 rule | 0.3 | x 17 | 46 points | finder1 1.0, file.py |" in text
    assert "| rule | suggests | times the best | would lose | source |\n| :--- | ---: | :--- | :--- | :--- |" in text
    assert "| 0.018 | 0.42 | 87 % | 5 |" in text


def test_tables_are_whole_and_no_html_is_left():
    for told in (range_experiment(ranged()), sharpness_experiment(walled())):
        text = experiment_markdown(replace(told, source="<script>|x"))
        assert not re.search(r"(?<!\\)<", text)
        tables = re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE)
        assert len(tables) == len(told.charts) + 1
        for table in tables:
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_references_stand_at_the_end_and_may_be_missing():
    told = sharpness_experiment(walled())
    assert "## Where it comes from\n\n- Goh 2017" in experiment_markdown(told)
    assert "Where it comes from" not in experiment_markdown(replace(told, references=()))

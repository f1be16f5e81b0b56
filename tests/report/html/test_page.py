import base64
import hashlib
import json
import re

import pytest

from etascope.report.charts.landscape import landscape_chart
from etascope.report.html.page import Section, html_page
from etascope.report.html.parts import figure_of
from tests.learn import made
from tests.report.html.test_parts import Tags


@pytest.fixture
def page():
    chart = landscape_chart(made.choice())
    sections = [Section("first", "One & two", figure_of(chart)), Section("second", "Three", "<p>text</p>")]
    return html_page("a <b>", "<h1>top</h1>", sections, [chart], "1.2.3")


def test_header_and_sections_stand_in_order(page):
    tags = Tags(re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL))
    assert tags.open == []
    assert [attrs["id"] for tag, attrs in tags.elements if tag == "h2"] == ["first", "second"]
    assert [attrs["aria-labelledby"] for tag, attrs in tags.elements if tag == "section"] == ["first", "second"]
    for part in ("a <b> - etascope", "top", "One & two", "Three", "Written by etascope 1.2.3"):
        assert part in tags.said


def test_every_script_is_named_by_its_hash_and_no_other_runs(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts]
    assert re.search("script-src ([^;]*);", policy).group(1).split() == hashes
    assert len(hashes) == 2
    assert policy.startswith("default-src 'none'")


def test_chart_data_are_strict_json_that_no_tag_can_end(page):
    text = re.search(r'id="charts">(.*?)</script>', page, re.DOTALL).group(1)
    assert "<" not in text
    data = json.loads(text, parse_constant=pytest.fail)
    assert list(data["charts"]) == ["landscape"]
    assert set(data["tokens"]) == {"light", "dark"}

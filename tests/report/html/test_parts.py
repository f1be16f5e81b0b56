import base64
import io
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from etascope.report.charts.landscape import landscape_chart
from etascope.report.html.parts import data_uri, fields, figure_of, number_columns, png, sentences, table, text


class Tags(HTMLParser):
    """Which elements a piece of HTML opens, and what it says."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.said, self.open = [], "", []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("img", "meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.said += data


def cells(html, tag):
    return [attrs for name, attrs in Tags(html).elements if name == tag]


@given(st.text())
def test_no_text_opens_an_element_or_is_lost(said):
    tags = Tags(f"<p>{text(said)}</p>")
    assert [tag for tag, _ in tags.elements] == ["p"]
    assert len(tags.said) >= len(said) - 3 * said.count(" -> ") - said.count("+-")


@pytest.mark.parametrize("hidden", ["\x00", "\x1b", "\u202e", "\u200b", "\ud800"])
def test_characters_that_hide_or_turn_text_are_shown_as_such(hidden):
    assert text(f"cat{hidden}dog") == "cat\N{REPLACEMENT CHARACTER}dog"


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1, max_size=4))
def test_tables_and_fields_hold_any_text(rows):
    assert len(cells(table("<b>", ("a<", "b"), rows), "tr")) == len(rows) + 1
    assert Tags(table("<b>", ("a<", "b"), rows)).open == []
    assert Tags(fields([(name, text(value)) for name, value in rows])).open == []


def test_columns_of_numbers_stand_right_and_headers_have_scopes():
    html = table("Two", ("rate", "share", "said"), [("0.1", "5 %", "fine"), ("1,000", "", "diverged")])
    assert [h.get("class") for h in cells(html, "th") if h["scope"] == "col"] == ["number", "number", None]
    assert [h["scope"] for h in cells(html, "th")] == ["col"] * 3 + ["row"] * 2
    assert cells(html, "button") == []
    assert len(cells(table("Two", ("rate",), [("0.1",)], sort=True), "button")) == 1


def test_a_figure_says_in_words_what_it_draws(run):
    chart = landscape_chart(run.choice)
    html = figure_of(chart)
    (panel,) = [attrs for attrs in cells(html, "div") if attrs.get("role") == "img"]
    assert chart.title in panel["aria-label"]
    assert len(cells(html, "tr")) == 1 + len(chart.rows)
    assert chart.note in Tags(html).said


def test_the_table_of_a_figure_can_be_unfolded(run):
    chart = landscape_chart(run.choice)
    assert cells(figure_of(chart), "details") == [{}]
    assert "open" in cells(figure_of(chart, table_open=True), "details")[0]


def test_columns_of_numbers_are_known():
    assert number_columns(3, [("0.1", "x 2", "5 %"), ("1,000", "", "")]) == [True, False, True]
    assert number_columns(2, []) == [False, False]


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_sentences_hold_any_text(said):
    assert len(cells(sentences(said), "li")) == len(said)
    assert Tags(sentences(said)).open == []


images = st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3])).flatmap(
    lambda shape: arrays.arrays(np.uint8, shape)
)


@given(images)
def test_a_decoder_sees_the_same_pixels(image):
    from PIL import Image

    with Image.open(io.BytesIO(png(image))) as picture:
        assert picture.mode == ("RGB" if image.shape[2] == 3 else "L")
        read = np.asarray(picture).reshape(image.shape)
    np.testing.assert_array_equal(read, image)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_address_holds_the_file(channels):
    image = np.arange(12, dtype=np.uint8).reshape(-1, 1, channels)
    kind, _, data = data_uri(image).partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data, validate=True) == png(image)

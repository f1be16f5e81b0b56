import numpy as np
import pytest

from etascope.core.choice import Landscape
from etascope.core.sentences import Setting
from etascope.selection.words.reasons import Reason, allow, basin, cut, loss_text, no_wall, not_tried, window
from tests.selection.closed_form import task


def landscape(rates, loss):
    table = np.array(loss, np.float64)
    accuracy = np.where(np.isfinite(table), np.exp(-table), np.nan)
    return Landscape(np.array(rates), tuple((0, f) for f in range(table.shape[1])), table, accuracy)


HERE = landscape([0.01, 0.1, 0.2, 1.0], [[1.9, 2.1], [0.4, 0.5], [0.41, 0.5], [0.9, np.inf]])


@pytest.mark.parametrize("reason", Reason)
def test_every_fact_has_a_sentence_of_its_own(reason):
    assert Reason(reason.value) is reason
    assert str(reason()) == reason.value


def test_numbers_are_written_and_settings_kept():
    reason = Reason.WHOLE(Setting("budget", 50), seconds="9 s")
    assert str(reason).endswith("would settle more: budget=50, about 9 s.")
    assert str(reason.written(lambda setting: f"--{setting.name}")).endswith("--budget, about 9 s.")


def test_the_sentences_of_limits_name_the_ends_and_the_way_on():
    assert "ends at 0.01 and 1, where" in str(cut(0.01, 1.0))
    assert str(cut(0.01, 1.0)).endswith("may lie below or above.")
    assert str(cut(None, 1.0)).endswith("may lie above.")
    assert str(allow(0.01, None)).startswith("Allow lower rates: ")
    assert str(no_wall(0.01, (0.01, 1), low=True)) == "no rate down to 0.01, the lowest allowed, is clearly worse"
    assert str(no_wall(0.1, (0.01, 1), low=False)) == "no rate up to 0.1 is clearly worse"


def test_what_a_basin_is_worth_depends_on_what_ended_it():
    assert str(basin(0.01, 0.1, "often")) == "The basin, 0.01 to 0.1 (1.0 decades), held the best rate often."
    assert str(basin(0.01, 0.1, "", "; surely")) == "The basin is 0.01 to 0.1 (1.0 decades); surely."
    assert str(basin(0.1, 0.1, "often", "; surely")) == "No other rate that was allowed comes into question; surely."
    assert (window([0.1]), window([0.1, 1])) == ("tried (0.1)", "from 0.1 to 1")
    assert (loss_text(0.001), loss_text(0.45)) == ("at most 0.001", "0.45")


def test_what_was_not_tried_names_the_window_and_the_recipe():
    assert str(not_tried(task(optimizer="adam", schedule="cosine"), HERE)) == (
        "rates outside 0.01 to 1 and between the 4 that were tried; any optimizer but adam, schedule but "
        "cosine, batch size but 16, number of epochs but 5 or seed but 0; other models."
    )

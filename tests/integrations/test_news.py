from etascope.integrations.news import News
from tests.integrations.made import cheap, diverging, ladder


def points(told):
    return {(news.number, step): values for news in told for step, values in news.points}


def test_all_that_a_search_told_on_its_way_is_all_that_there_is():
    for run in (cheap(), ladder(), diverging()):
        at_once = News(run.task).finish(run)
        news = News(run.task)
        parts = [news.append(history) for history in run.histories]
        on_the_way = {}
        for part in parts:
            assert not set(points(part)) & set(on_the_way)
            on_the_way |= points(part)
        assert on_the_way == points(at_once)
        rest = news.finish(run)
        assert points(rest) == {}
        assert [told.verdict for told in rest] == list(map(str, run.choice.verdicts))
        assert sum(told.new for part in parts for told in part) == len(run.trials) == len(rest)
        assert not any(told.new for told in rest)


def test_trials_that_went_on_are_told_of_again_and_others_are_not():
    run = ladder()
    news = News(run.task)
    parts = [news.append(history) for history in run.histories]
    assert len(parts) > 1
    for part, history in zip(parts, run.histories, strict=True):
        assert len(part) == len(history.plan)
    went_on = [told for part in parts[1:] for told in part if not told.new]
    assert went_on
    assert all(min(step for step, _ in told.points) > run.histories[0].plan.steps for told in went_on)


def test_numbers_follow_the_order_of_the_run():
    told = News(ladder().task).finish(ladder())
    assert [news.number for news in told] == list(range(len(ladder().trials)))
    assert [news.trial for news in told] == list(ladder().trials)
    assert {news.ending for news in told} == {"finished", "stopped"}

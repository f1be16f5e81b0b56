from etascope.core.recipe import Recipe
from etascope.experiments.scaling.record import Axis, PowerLaw, Scaling, Setting
from tests.experiments.referee.test_record import DATA
from tests.learn import made


def test_a_law_moves_when_its_interval_leaves_0_out():
    assert PowerLaw(-0.5, -0.7, -0.3, 0.1).moves
    assert PowerLaw(0.5, 0.3, 0.7, 0.1).moves
    assert not PowerLaw(-0.1, -0.3, 0.1, 0.1).moves


def test_a_law_gives_the_rate_at_a_value():
    assert PowerLaw(-0.5, -0.7, -0.3, 0.1).at(4) == 0.05
    assert PowerLaw(-0.5, -0.7, -0.3, 0.1).at(1) == 0.1


def test_a_scaling_is_answered_when_one_setting_is():
    def scaling(*rates):
        settings = tuple(Setting(i + 1, Recipe(), made.run(learning_rate=r).choice) for i, r in enumerate(rates))
        return Scaling(DATA, Recipe(), (Axis("epochs", settings, None, "", ()),), 1.0)

    assert scaling(None, 0.018).answered
    assert not scaling(None, None).answered

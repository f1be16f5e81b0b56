import functools

from etascope.integrations.training_loops.uncalled import overridden, told


class Loop:
    def begin(self):
        """Nothing."""

    def step(self):
        """Nothing."""

    def end(self):
        """Nothing."""


class Loud(Loop):
    def begin(self):
        """Counts whatever it does."""


def found(one):
    return overridden(one, Loop, ("begin", "step", "end"))


def test_what_is_overridden_counts_whatever_it_does():
    assert found(Loop()) == []
    assert found(Loud()) == ["begin"]


def test_what_is_given_to_an_object_counts_too():
    one = Loop()
    one.step = lambda: None
    one.end = functools.partial(print)
    assert found(one) == ["step", "end"]
    one.step, one.end = None, lambda: print("over")
    assert found(one) == ["end"]


def test_names_are_told_once():
    assert told([]) == ""
    assert told(["a", "b", "a"]).startswith(
        "Mind a, b: trials do not call them. Where that changes rates, weights, gradients"
    )

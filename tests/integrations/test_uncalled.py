import functools

from etascope.integrations.uncalled import overridden, told


class Loop:
    def begin(self):
        """Nothing."""

    def step(self):
        """Nothing."""

    def end(self):
        """Nothing."""


class Quiet(Loop):
    def end(self):
        self.log(self.loss.mean())


class Loud(Loop):
    def begin(self):
        """Counts whatever it does."""

    def end(self):
        def halve():
            self.optimizer.lr *= 0.5

        halve()


class ByName(Loop):
    def end(self):
        for group in self.groups:
            group["lr"] = 0.1


def found(one):
    return overridden(one, Loop, ("begin", "step"), ("end",))


def test_what_is_overridden_counts_and_what_comes_after_where_it_may_change_something():
    assert found(Loop()) == found(Quiet()) == []
    assert found(Loud()) == ["begin", "end"]
    assert found(ByName()) == ["end"]


def test_what_is_given_to_an_object_counts_and_what_cannot_be_read_too():
    one = Loop()
    one.step = lambda: None
    one.end = functools.partial(print)
    assert found(one) == ["step", "end"]
    one.step, one.end = None, lambda: print("over")
    assert found(one) == []


def test_names_are_told_once():
    assert told([]) == ""
    assert told(["a", "b", "a"]).startswith("Mind a, b: trials do not call them. Where that changes rates, gradients")

import pytest

from etascope.core.errors import InputError
from etascope.store.names import one_of

IDS = ("0abc", "0abd", "1234")


@pytest.mark.parametrize(
    ("name", "id"), [("last", "0abc"), ("0abd", "0abd"), ("1", "1234"), (" 12 ", "1234"), ("0ABC", "0abc")]
)
def test_a_name_means_a_run(name, id):
    assert one_of(name, IDS) == id


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("0", "2 runs begin with '0': 0abc, 0abd. Give more of the id."),
        ("lst", "there is no run 'lst'. Did you mean 'last'? All: etascope runs."),
        ("zzzz", "there is no run 'zzzz'. All: etascope runs."),
        ("", "there is no run ''. All: etascope runs."),
    ],
)
def test_a_name_that_means_none_or_several_is_told(name, told):
    with pytest.raises(InputError) as error:
        one_of(name, IDS)
    assert str(error.value) == told


def test_many_runs_are_not_all_listed():
    with pytest.raises(InputError, match=r"6 runs begin with 'a': a0, a1, a2, a3 and 2 more"):
        one_of("a", [f"a{n}" for n in range(6)])


def test_where_ids_must_be_whole_a_beginning_is_none():
    for name in ("last", "1"):
        with pytest.raises(InputError, match="there is no run"):
            one_of(name, IDS, exact=True)
    assert one_of("1234", IDS, exact=True) == "1234"

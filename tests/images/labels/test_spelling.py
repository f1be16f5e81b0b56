import pytest

from etascope.images.labels.spelling import alike_notes


@pytest.mark.parametrize(
    "names", [["<30", "30+"], ["cat+", "cat-"], ["C", "C#", "C++"], ["\u226430", "30"], ["A-", "A"]]
)
def test_names_whose_signs_differ_in_meaning_are_not_alike(names):
    assert alike_notes(names) == []


def test_zeros_of_both_signs_are_alike():
    assert alike_notes(["0", "-0"]) == ["Classes '0' and '-0' are spelled almost alike, and were kept apart."]


@pytest.mark.parametrize("pair", [("cat", "c\u0430t"), ("OX", "\u041e\u0425"), ("Ant", "\u0391nt")])
def test_letters_of_another_alphabet_that_look_the_same_are_told_by_their_numbers(pair):
    [note] = alike_notes([*pair, "dog"])
    assert ascii(pair[1]) in note
    assert alike_notes(["\u043a\u043e\u0442", "\u043a\u0438\u0442"]) == []

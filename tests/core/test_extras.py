import sys
import tomllib
from pathlib import Path

import pytest

from etascope.core.errors import InputError
from etascope.core.extras import EXTRAS, load_library


def test_a_module_that_is_there_is_returned():
    assert load_library("json.decoder").JSONDecodeError


@pytest.mark.parametrize("module", ["no_such_thing", "no_such_thing.at_all"])
def test_a_missing_library_is_one_sentence_with_the_line_that_installs_it(module):
    with pytest.raises(InputError) as caught:
        load_library(module, "the model thing:x", "etascope[thing]")
    assert str(caught.value) == (
        "the model thing:x needs no_such_thing, which is not installed. Install it: pip install 'etascope[thing]'."
    )


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("import not_there.at_all", "is installed but misses not_there. Install it: pip install 'not_there'."),
        (
            "import half_there.part",
            "is installed without its part half_there.part. Install another version: pip install --upgrade 'half'.",
        ),
        (
            "raise RuntimeError('built for another torch.\\nMore.')",
            "cannot be loaded: RuntimeError: built for another torch. Install one that fits: pip install --upgrade "
            "'half'.",
        ),
        ("raise OSError", "cannot be loaded: OSError. Install one that fits: pip install --upgrade 'half'."),
    ],
)
def test_a_library_that_is_there_and_cannot_be_loaded_is_told_apart(source, sentence, tmp_path, monkeypatch):
    (tmp_path / "half_there").mkdir()
    (tmp_path / "half_there" / "__init__.py").write_text(source + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InputError) as caught:
        load_library("half_there", "this", "half")
    assert str(caught.value) == f"this needs half_there, which {sentence}"


@pytest.mark.parametrize(("root", "extra", "name"), [(root, *EXTRAS[root]) for root in EXTRAS])
def test_a_library_of_an_extra_has_its_name_and_the_line_that_brings_it(root, extra, name, monkeypatch):
    monkeypatch.setitem(sys.modules, root, None)
    with pytest.raises(InputError) as caught:
        load_library(f"{root}.part")
    assert (
        str(caught.value) == f"this needs {name}, which is not installed. Install it: pip install 'etascope[{extra}]'."
    )


def test_every_extra_that_has_libraries_of_its_own_is_known():
    extras = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    assert {extra for extra, _ in EXTRAS.values()} <= set(extras)

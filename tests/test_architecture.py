"""The import table and the habits of the house, held by parsing every module."""

import ast
import re
import sys
from functools import cache
from pathlib import Path

import pytest

from etascope.cli.main import commands

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "etascope"
MODULES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

#: Which other parts a part may import. `None`: anything.
TABLE = {
    "core": set(),
    "images": {"core"},
    "pipeline": {"core"},
    "training": {"core"},
    "selection": {"core"},
    "store": {"core"},
    "report": {"core"},
    "learn": {"core", "report"},
    "workbench": {"core", "images", "pipeline", "selection", "learn", "training"},
    "experiments": {"core", "images", "pipeline", "report", "selection", "training", "workbench"},
    "torch": {"core", "selection", "training"},
    "loops": {"core", "selection", "training"},
    "integrations": {"core", "loops", "report", "selection", "torch", "training", "workbench"},
    "studio": {"core", "experiments", "images", "learn", "pipeline", "report", "selection", "training", "workbench"},
    "cli": None,
    "__init__": None,
    "__main__": None,
}
#: What core may load beside the standard library.
LIGHT = {"numpy", "etascope"}
#: Libraries that load inside the functions that need them, or are light enough to load at once.
AT_ONCE = {"numpy", "click", "etascope"}
#: What one part is made of, which its own command alone loads.
ITS_OWN = {"studio": {"fastapi", "pydantic", "starlette", "uvicorn"}}
FORBIDDEN = {"utils", "helpers", "common", "misc", "manager"}
#: Names that say what the author did, and not what the thing is.
RIDDLES = {
    "told", "asked", "asking", "found", "seen", "news", "trouble", "wanted", "passes", "live", "chance",
    "keeper", "watch", "crew",
}  # fmt: skip
#: Lines of a module, and of one that is an engine or a method.
LONGEST, LONGEST_OF_A_STRATEGY = 300, 400
#: Lines below which a module that one sibling alone imports belongs into it; modules for a thousand lines, at most.
SHORTEST, MODULES_PER_THOUSAND_LINES = 60, 6.3
ENTRIES = 19
#: Options of the commands, which `cli` alone names: other rooms have a `Setting`, which each door writes in its way.
OPTIONS = sorted(
    {
        option
        for name in commands.list_commands(None)
        for parameter in commands.get_command(None, name).params
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("--")
    }
)
#: Commands of others that have an option of the same name, as they are spelt.
OF_OTHERS = ("python train.py --lr {lr} --epochs {epochs} --seed {seed}",)


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def name(path):
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def part(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(nodes, path):
    """Yield the full names that statements import, relative ones resolved."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = name(path).split(".")[: None if path.name == "__init__.py" else -1]
                above = package[: len(package) - node.level + 1]
                base = ".".join([*above, base]).strip(".")
            yield from (f"{base}.{alias.name}" for alias in node.names)


def at_module_level(node):
    """Yield the statements that run on import: not those inside functions or `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from at_module_level(child)


def parts_imported(path):
    parts = set()
    for full in imports(ast.walk(tree(path)), path):
        if full == "etascope" or full.startswith("etascope."):
            pieces = full.split(".")
            known = len(pieces) > 1 and (pieces[1] in PARTS or pieces[1] in TABLE)
            parts.add(pieces[1] if known else "__init__")
    return parts


PARTS = {part(path) for path in MODULES}

each_module = pytest.mark.parametrize("path", MODULES, ids=lambda path: name(path))


@each_module
def test_parts_import_only_what_the_table_allows(path):
    own = part(path)
    assert own in TABLE, f"{own} is not in the import table: add it to TABLE and to docs/how-it-works.md"
    allowed = TABLE[own]
    if allowed is not None:
        assert parts_imported(path) <= allowed | {own}


@pytest.mark.parametrize("path", [p for p in MODULES if part(p) == "core"], ids=lambda path: name(path))
def test_core_loads_numpy_and_nothing_else_of_weight(path):
    roots = {full.split(".")[0] for full in imports(ast.walk(tree(path)), path)}
    assert roots - set(sys.stdlib_module_names) <= LIGHT


@each_module
def test_heavy_libraries_load_inside_the_functions_that_need_them(path):
    roots = {full.split(".")[0] for full in imports(at_module_level(tree(path)), path)}
    assert roots - set(sys.stdlib_module_names) <= AT_ONCE | ITS_OWN.get(part(path), set())


@cache
def graph():
    """Return the modules that each module imports."""
    modules = {name(path): path for path in MODULES}
    return {
        module: {
            target
            for full in imports(ast.walk(tree(path)), path)
            if (target := full if full in modules else full.rpartition(".")[0]) in modules and target != module
        }
        for module, path in modules.items()
    }


def test_no_module_imports_itself_through_others():
    done, doing = set(), []

    def visit(module):
        if module in doing:
            pytest.fail(f"import loop: {' -> '.join([*doing[doing.index(module) :], module])}")
        if module not in done:
            doing.append(module)
            for target in sorted(graph()[module]):
                visit(target)
            doing.pop()
            done.add(module)

    for module in sorted(graph()):
        visit(module)


def lines(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def is_strategy(source):
    """Say whether a module has an engine or a method: a class with both functions of one of these seams."""
    classes = [node for node in source.body if isinstance(node, ast.ClassDef)]
    functions = [{node.name for node in one.body if isinstance(node, ast.FunctionDef)} for one in classes]
    return any({"train", "explain"} <= names or {"propose", "choose"} <= names for names in functions)


@each_module
def test_a_module_is_short(path):
    assert lines(path) <= (LONGEST_OF_A_STRATEGY if is_strategy(tree(path)) else LONGEST)


@each_module
def test_a_module_has_a_reason_to_be_apart(path):
    importers = [module for module, targets in graph().items() if name(path) in targets]
    beside = [module for module in importers if module.rpartition(".")[0] == name(path).rpartition(".")[0]]
    alone = len(importers) == 1 and importers == beside and path.name != "__init__.py"
    assert not alone or lines(path) >= SHORTEST, f"{name(path)} belongs into {importers[0]}, which alone imports it"


def test_modules_are_few():
    modules = [path for path in MODULES if path.name != "__init__.py"]
    assert 1000 * len(modules) / sum(map(lines, modules)) <= MODULES_PER_THOUSAND_LINES


def names_given(source):
    """Yield the names that a module gives: to classes, functions, parameters, variables and attributes."""
    for node in ast.walk(source):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_name_is_no_riddle(path):
    given = {path.stem, *names_given(tree(path))}
    assert not {one.strip("_").lower() for one in given} & RIDDLES


def texts(source):
    """Yield the strings of a module, those in f-strings among them, and no docstrings."""
    docstrings = {id(node.value) for node in ast.walk(source) if isinstance(node, ast.Expr)}
    for node in ast.walk(source):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def options_in(source):
    """Yield the options of ours that strings of a module name."""
    for text in texts(source):
        for command in OF_OTHERS:
            text = text.replace(command, "")
        yield from re.findall(rf"(?<![\w-])(?:{'|'.join(OPTIONS)})(?![\w-])", text)


@pytest.mark.parametrize("path", [p for p in MODULES if part(p) != "cli"], ids=lambda path: name(path))
def test_only_the_command_line_names_its_options(path):
    assert not list(options_in(tree(path))), "use etascope.core.sentences.Setting: each door writes it in its own way"


@each_module
def test_a_module_is_named_for_its_subject(path):
    assert path.stem not in FORBIDDEN
    assert not path.stem.endswith(("_utils", "_helpers", "_common", "_manager"))


def test_the_package_root_stays_small():
    entries = [p.name for p in PACKAGE.iterdir() if p.name != "__pycache__"]
    assert len(entries) <= ENTRIES, sorted(entries)


def test_a_folders_init_exports_nothing():
    for path in MODULES:
        # The door of a library is a package that people import from.
        if path.name == "__init__.py" and path.parent != PACKAGE and part(path) != "integrations":
            exported = set(imports(ast.walk(tree(path)), path)) - {"etascope.core.renamed.in_new_module"}
            assert not exported, f"{name(path)} should neither import nor re-export"


@pytest.mark.parametrize("path", [p for p in MODULES if not p.stem.startswith("__")], ids=lambda path: name(path))
def test_every_module_has_its_tests(path):
    relative = path.relative_to(PACKAGE)
    assert (ROOT / "tests" / relative.parent / f"test_{relative.name}").is_file()


def test_the_rules_see_strategies_and_names():
    source = ast.parse(
        "class A:\n    def propose(self): ...\n    def choose(self, told):\n        for seen in told: ..."
    )
    assert is_strategy(source)
    assert not is_strategy(ast.parse("class A:\n    def propose(self): ..."))
    assert set(names_given(source)) == {"A", "propose", "choose", "self", "told", "seen"}


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("raise InputError('Try --folds 5.')", ["--folds"]),
        ("say(f'(--low {rate}) or --no-open')", ["--low", "--no-open"]),
        ("x = 'etascope pick --json=a.json'", ["--json"]),
        ("x = 'ray start --head, pip install --upgrade, --foldsy, a--low, --low-er'", []),
        ("x = 'python train.py --lr {lr} --epochs {epochs} --seed {seed}'", []),
        ("x = 'python train.py --lr {lr}'", ["--lr"]),
        ("def f():\n    '''Take --folds.'''", []),
    ],
)
def test_the_rules_see_options_in_strings(source, options):
    assert list(options_in(ast.parse(source))) == options


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("import etascope.images.idx.file", {"images"}),
        ("from etascope.report import terminal", {"report"}),
        ("from etascope import workbench", {"workbench"}),
        ("from etascope import pick", {"__init__"}),
        ("from ..learn import quiz", {"learn"}),
        ("from .plan import Plan", {"core"}),
        ("def f():\n    from etascope.cli import main", {"cli"}),
        ("import numpy", set()),
    ],
)
def test_the_rules_see_every_way_to_import(source, parts, monkeypatch):
    path = PACKAGE / "core" / "data.py"
    monkeypatch.setitem(globals(), "tree", lambda _: ast.parse(source))
    assert parts_imported(path) == parts


def test_the_rules_tell_loading_on_import_from_loading_on_use():
    source = """
import numpy
if TYPE_CHECKING:
    import torch
class A:
    import PIL
    def f(self):
        import jax
"""
    assert set(imports(at_module_level(ast.parse(source)), PACKAGE / "core" / "data.py")) == {"numpy", "PIL"}

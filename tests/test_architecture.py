"""The import table and the habits of the house, held by parsing every module."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "etascope"
MODULES = sorted(PACKAGE.rglob("*.py"))

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
    "integrations": {"core", "loops", "report", "torch", "training", "workbench"},
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
LONGEST = 300
ENTRIES = 19


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
    found = set()
    for full in imports(ast.walk(tree(path)), path):
        if full == "etascope" or full.startswith("etascope."):
            pieces = full.split(".")
            known = len(pieces) > 1 and (pieces[1] in PARTS or pieces[1] in TABLE)
            found.add(pieces[1] if known else "__init__")
    return found


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


def test_no_module_imports_itself_through_others():
    modules = {name(path): path for path in MODULES}
    graph = {}
    for module, path in modules.items():
        graph[module] = {
            target
            for full in imports(ast.walk(tree(path)), path)
            if (target := full if full in modules else full.rpartition(".")[0]) in modules and target != module
        }
    done, doing = set(), []

    def visit(module):
        if module in doing:
            pytest.fail(f"import loop: {' -> '.join([*doing[doing.index(module) :], module])}")
        if module not in done:
            doing.append(module)
            for target in sorted(graph[module]):
                visit(target)
            doing.pop()
            done.add(module)

    for module in sorted(graph):
        visit(module)


@each_module
def test_a_module_is_at_most_300_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


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
            assert not list(imports(ast.walk(tree(path)), path)), f"{name(path)} should neither import nor re-export"


@pytest.mark.parametrize("path", [p for p in MODULES if not p.stem.startswith("__")], ids=lambda path: name(path))
def test_every_module_has_its_tests(path):
    relative = path.relative_to(PACKAGE)
    assert (ROOT / "tests" / relative.parent / f"test_{relative.name}").is_file()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import etascope.images.idx", {"images"}),
        ("from etascope.report import terminal", {"report"}),
        ("from etascope import workbench", {"workbench"}),
        ("from etascope import pick", {"__init__"}),
        ("from ..learn import quiz", {"learn"}),
        ("from .plan import Plan", {"core"}),
        ("def f():\n    from etascope.cli import main", {"cli"}),
        ("import numpy", set()),
    ],
)
def test_the_rules_see_every_way_to_import(source, found, monkeypatch):
    path = PACKAGE / "core" / "data.py"
    monkeypatch.setitem(globals(), "tree", lambda _: ast.parse(source))
    assert {p for p in parts_imported(path)} == found


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

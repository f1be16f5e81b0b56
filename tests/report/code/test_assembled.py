import ast

from etascope.report.code.assembled import assembled


def test_parts_stand_in_reading_order():
    told = assembled(
        '"""Head."""\n', ["sys", "math", "math"], ["numpy as np"], "RATE = 1\n", "def f():\n    return 1\n",
        "place = Path(sys.argv[0])\n", "x = place\n", "\nprint(x)\n", more="from a import b",
    )  # fmt: skip
    assert [type(node).__name__ for node in ast.parse(told).body] == [
        "Expr", "Import", "Import", "ImportFrom", "Import", "ImportFrom", "Assign", "FunctionDef", "Assign", "Assign",
        "Expr",
    ]  # fmt: skip
    assert told.count("import math") == 1
    assert "\n\n\n\n" not in told


def test_pillow_is_imported_only_where_images_are_read():
    parts = ('"""Head."""\n', ["sys"], ["numpy as np"], "A = 1", "")
    assert "PIL" not in assembled(*parts, "x = 1\n", "y = 1\n", "\nz = 1\n")
    assert "from PIL import Image, ImageOps" in assembled(*parts, "x = Image.open(A)\n", "y = 1\n", "\nz = 1\n")

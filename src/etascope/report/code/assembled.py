"""The parts of a script put together, in the order in which people read one: `assembled`."""

from __future__ import annotations

from collections.abc import Sequence


def assembled(
    header: str, standard: Sequence[str], others: Sequence[str], numbers: str, functions: str, load: str, pixels: str,
    body: str, *, more: str = "",
) -> str:  # fmt: skip
    """Return a script: header, imports, numbers, functions, images, preparation, training.

    Parameters
    ----------
    header
        The docstring.
    standard, others
        Modules of the standard library and others to import.
    numbers, functions, load, pixels, body
        Lines of the script, in this order.
    more
        Import lines that are not `import NAME`.
    """
    lines = [f"import {name}" for name in sorted(set(standard))]
    if "Path(" in load:
        lines.append("from pathlib import Path")
    lines.append("")
    lines += [f"import {name}" for name in others]
    if "Image" in load:
        lines.append("from PIL import Image, ImageOps")
    lines += [more] if more else []
    blocks = ["\n".join(lines), numbers.strip(), *([f"\n{functions.strip()}\n"] if functions else [])]
    text = header + "\n" + "\n\n".join(blocks) + "\n" + load.rstrip() + "\n\n" + pixels.strip() + "\n" + body
    kept = list[str]()
    for line in text.split("\n"):
        # At most two empty lines follow each other, and none follows a line inside of a block.
        if line.strip() or kept[-2:] != ["", ""]:
            kept.append(line.rstrip())
    return "\n".join(kept).rstrip() + "\n"

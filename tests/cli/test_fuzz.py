"""Generated command lines: each ends in its time with 0, 1 or 2, one sentence for 2, and leaves nothing behind."""

import random
import shutil

import pytest

from tests.cli.forked import Forked
from tests.cli.hostile import command_line, write_world
from tests.long import cases

#: Seconds of wall time on a busy machine, and megabytes.
SLOW, LARGE = 110, 1_200


def listing(folder):
    """Return the files below a folder, each with its bytes where they can be read."""
    return {
        path: path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }


def faults(arguments, ended, before, after):
    """Return what is wrong with how a command ended."""
    text = [line for line in ended.err.splitlines() if not line.startswith(("note: ", "kept as "))]
    problems = []
    if ended.code not in (0, 1, 2):
        problems.append(f"exit code {ended.code}")
    if "Traceback" in ended.err + ended.out or "Warning" in ended.err:
        problems.append("a traceback or a warning")
    if ended.code == 2 and sum(line.startswith("etascope: ") for line in text) != 1:
        problems.append("not one sentence")
    if len(ended.err) > 4_000:
        problems.append("a long sentence")
    if ended.seconds > SLOW or ended.megabytes > LARGE:
        problems.append(f"{ended.seconds:.0f} s, {ended.megabytes:.0f} MB")
    # A search that is to be kept makes its store first.
    store = arguments[arguments.index("--store") + 1] if "--store" in arguments[:-1] and "pick" in arguments else None
    left = {path: content for path, content in after.items() if path in before or path.name != store}
    if ended.code == 2 and "--command" not in arguments and left != before:
        problems.append("files changed")
    new = [path for path in after.keys() - before.keys() if not any(path.name in part for part in arguments)]
    if new and "--command" not in arguments and arguments[0] not in ("export", "lock"):
        problems.append(f"new files {new}")
    return problems


@pytest.mark.long
def test_generated_command_lines_end_as_they_should(tmp_path):
    desk = write_world(tmp_path)
    fresh = tmp_path / "fresh"
    shutil.copytree(desk, fresh, symlinks=True, ignore=shutil.ignore_patterns("pipe"))
    before, codes, wrong = listing(desk), dict.fromkeys((0, 1, 2), 0), []
    places = {name: str(tmp_path / name) for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
    with Forked(desk, ETASCOPE_STORE=str(tmp_path / "default.sqlite"), **places) as forked:
        for number in range(cases(150, 5_000)):
            arguments = command_line(random.Random(number))
            ended = forked.run(arguments)
            after = listing(desk)
            problems = faults(arguments, ended, before, after)
            if problems:
                wrong.append(f"{number}: {problems} {arguments} {ended.err[-600:]}")
            codes[ended.code] = codes.get(ended.code, 0) + 1
            for path in [path for path in after if after[path] != before.get(path)]:
                path.unlink()
            for path in [path for path in before if after.get(path) != before[path]]:
                shutil.copy(fresh / path.relative_to(desk), path)
    print(f"{number + 1} command lines: " + ", ".join(f"{count} ended with {code}" for code, count in codes.items()))
    assert wrong == []

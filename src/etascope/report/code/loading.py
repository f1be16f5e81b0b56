"""Lines of a script that load images without etascope, and hold back the test rows that etascope held back."""

from __future__ import annotations

from pathlib import Path

from etascope.core.data import KNOWN_SETS
from etascope.core.recipe import Recipe
from etascope.core.run import DataSummary
from etascope.report.code.etascope import divided_anew, saving

#: Sets of four IDX files, by the names that etascope knows them by.
KNOWN = KNOWN_SETS[1:]

_IDX = '''
def read_idx(path):
    """Read an IDX file: two zero bytes, a type, the number of dimensions, each dimension, the bytes."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        content = file.read()
    shape = struct.unpack(f">{content[3]}I", content[4 : 4 + 4 * content[3]])
    return np.frombuffer(content, np.uint8, offset=4 + 4 * content[3]).reshape(shape)


def read_pair(folder, start):
    """Read images and labels of one part of a set."""
    files = sorted(file for file in folder.glob("*") if file.name.startswith(start) and "idx" in file.name)
    pair = [next((file for file in files if what in file.name), None) for what in ("images", "labels")]
    if None in pair:
        sys.exit(f"The images are read from a folder with IDX files that begin with {start}; {folder} is none.")
    return read_idx(pair[0]), read_idx(pair[1])

'''
_DIGITS = '''
def load(place=None):
    """The digits that come with etascope; its installed files are read, and it is not imported."""
    if place is None:
        found = importlib.util.find_spec("etascope")
        if found is None:
            sys.exit("The digits are files of etascope: install it, or give their folder as the first argument.")
        place = Path(found.submodule_search_locations[0]) / "images" / "data"
    images, labels = read_pair(Path(place), "digits")
    return images, labels, None

'''
_PAIRS = '''
def load(place):
    """Read the training part and, where there is one, the test part."""
    folder = Path(place)
    images, labels = read_pair(folder, "train")
    if not any(file.name.startswith("t10k") for file in folder.iterdir()):
        return images, labels, None
    test_images, test_labels = read_pair(folder, "t10k")
    test = np.arange(len(images), len(images) + len(test_images))
    return np.concatenate([images, test_images]), np.concatenate([labels, test_labels]), test

'''
_NPZ = '''
def load(place):
    """Read arrays by the names that are in use: x_train ... x_test, images and labels, x and y."""
    try:
        arrays = {name.lower(): array for name, array in np.load(place, allow_pickle=False).items()}
    except Exception as error:
        sys.exit(f"The images are read from a file that numpy.savez wrote; {place} is none ({error}).")
    pairs = [("x_train", "y_train"), ("train_images", "train_labels"), ("images", "labels"), ("x", "y")]
    one, two = next((pair for pair in pairs if pair[0] in arrays and pair[1] in arrays), ("", ""))
    if not one:
        found = ", ".join(arrays)
        sys.exit(f"{place} must hold images and labels, or x_train, y_train, x_test and y_test; found {found}.")
    images, labels = in_bytes(arrays[one]), arrays[two].ravel()
    one, two = one.replace("train", "test"), two.replace("train", "test")
    if "test" not in one or one not in arrays:
        return images, labels, None
    test = np.arange(len(images), len(images) + len(arrays[one]))
    return np.concatenate([images, in_bytes(arrays[one])]), np.concatenate([labels, arrays[two].ravel()]), test

'''
_BYTES = '''
def in_bytes(images):
    """Floats from 0 to 1 become bytes, as they do in etascope."""
    return np.rint(images * 255).astype(np.uint8) if images.dtype.kind == "f" and images.max() <= 1 else images

'''
_FOLDER = '''
def load(place):
    """Read the images of each folder, in etascope's order."""
    files, labels, test = [], [], []
    for folder, label, held in FOLDERS:
        if not (Path(place) / folder).is_dir():
            sys.exit(f"The images are read from a folder in which {folder} is one too; {place} is none.")
        found = sorted((file for file in (Path(place) / folder).iterdir() if is_image(file)), key=natural)
        test += range(len(files), len(files) + len(found)) if held else []
        files += found
        labels += [label] * len(found)
    return np.stack([read_image(file) for file in files]), np.array(labels), np.array(test) if test else None


def is_image(file):
    """Tell by the name, as etascope does."""
    endings = {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".gif"}
    return not file.name.startswith(".") and file.suffix.lower() in endings and not file.is_dir()


def natural(file):
    """Sort img2 before img10."""
    parts = re.findall("[0-9]+|[^0-9]+", file.name)
    return [(0, int(p), "") if p[0] in "0123456789" else (1, 0, p.casefold()) for p in parts], file.name


def read_image(file):
    """Read an image at the size and in the colours that etascope used."""
    with Image.open(file) as image:
        upright = ImageOps.exif_transpose(image).convert(MODE)
        return np.asarray(upright.resize(SIZE, Image.Resampling.BILINEAR) if upright.size != SIZE else upright)

'''
_SPLIT = '''
def test_rows(labels, share, seed):
    """Choose the rows that etascope held back: each class in proportion, by the largest remainders."""
    rng = np.random.default_rng(seed).spawn(2)[0]
    counts = np.bincount(labels)
    shuffled = rng.permutation(len(labels))
    by_class = np.split(shuffled[np.argsort(labels[shuffled], kind="stable")], np.cumsum(counts)[:-1])
    exact, most = counts * share, np.maximum(counts - 1, 0)
    taken = np.clip(np.floor(exact + 1e-9).astype(int), np.minimum(1, most), most)
    order = np.argsort(taken - exact, kind="stable")
    taken[order[taken[order] < most[order]][: max(round(len(labels) * share) - taken.sum(), 0)]] += 1
    return np.sort(np.concatenate([rows[:n] for rows, n in zip(by_class, taken)]))

'''

#: Images of a part, as `etascope.images.subset` takes it.
PART = 1000
_PART = '''
def part_rows(labels, test, most):
    """Choose the rows of the part that was trained on: each class in proportion, rare ones a little more."""
    rng, every = np.random.default_rng(0), np.arange(len(labels))
    parts = [(every, most)]
    if test is not None and len(test):
        parts = [(np.setdiff1d(every, test), most - most // 5), (test, most // 5)]
    chosen = []
    for rows, wanted in parts:
        shuffled, counts = rng.permutation(rows), np.bincount(labels[rows])
        exact = counts * min(wanted / len(rows), 1)
        taken = np.floor(exact).astype(int)
        taken[np.argsort(taken - exact, kind="stable")[: round(exact.sum()) - taken.sum()]] += 1
        taken = np.minimum(np.maximum(taken, 10 * wanted // most), counts)
        chosen += [shuffled[labels[shuffled] == c][:n] for c, n in enumerate(taken)]
    return np.sort(np.concatenate(chosen))

'''


def kind_of(data: DataSummary) -> str:
    """Return how images are read: `digits`, `idx`, `npz`, `folder`, or `arrays` where a script cannot know."""
    if data.folders:
        return "folder"
    if data.test_source:
        return "arrays"
    if data.source in KNOWN_SETS and data.image_shape != (28, 28, 1):
        return "arrays"
    if data.source == "digits":
        return "digits"
    path = Path(data.source)
    if data.source in KNOWN or (path.is_dir() and any("idx" in file.name for file in path.iterdir())):
        return "idx"
    return "npz" if path.suffix.lower() == ".npz" else "arrays"


def note(data: DataSummary) -> str:
    """Return where the script takes its images from, for its header."""
    kind, source = kind_of(data), data.source
    if kind == "digits":
        return "The images are files of the installed etascope; or give their folder as the first argument."
    if kind == "idx" and source in KNOWN:
        return (
            f"The four IDX files of {source} are read from where Debian's package or etascope's cache, "
            f"~/.cache/etascope/{source}, has them; or give their folder as the first argument."
        )
    if kind == "arrays":
        return (
            f"A script cannot open {_with_test(data)} as etascope did. Save what etascope saw, and give that file, "
            f"images.npz, as the first argument:\n{saving(data)}"
        )
    sentence = f"The images are read from {_with_test(data)}, or from the first argument."
    if kind != "npz":
        return sentence
    return f"{sentence} If they are not as etascope saw them, save what it saw, and give images.npz:\n{saving(data)}"


def _with_test(data: DataSummary) -> str:
    sentence = data.source + (f" with {data.test_source} as the test part" if data.test_source else "")
    return " ".join(sentence.split())


def loading(recipe: Recipe, data: DataSummary) -> tuple[list[str], str]:
    """Return the imports, and the lines that leave `images`, `labels`, `train` and `test` behind.

    The test rows are those that etascope held back: the data's own test part, or the same rows by the same seed.
    """
    kind = kind_of(data)
    imports, load = {
        "digits": (["gzip", "hashlib", "importlib.util", "struct", "sys"], _IDX + _DIGITS),
        "idx": (["gzip", "hashlib", "struct", "sys"], _IDX + _PAIRS),
        "npz": (["hashlib", "sys"], _BYTES + _NPZ),
        "arrays": (["hashlib", "sys"], _BYTES + _NPZ),
        "folder": (["hashlib", "re", "sys"], _FOLDER),
    }[kind]
    height, width, channels = data.image_shape
    size = ""
    if kind == "folder":
        mode = "L" if channels == 1 else "RGB"
        numbers = {name: number for number, name in enumerate(data.class_names)}
        rows = "".join(f"    {(one.path, numbers[one.class_name], one.test)!r},\n" for one in data.folders)
        size = f"SIZE, MODE = ({width}, {height}), {mode!r}\n# Folder, class, and whether it is of the test part.\n"
        size += f"FOLDERS = [\n{rows}]\n\n\n"
    known = kind in ("npz", "folder") or (kind == "idx" and data.source not in KNOWN)
    default = repr(data.source if known else None)
    if kind == "idx" and data.source in KNOWN:
        places = f'Path("/usr/share/datasets/{data.source}"), Path.home() / ".cache/etascope/{data.source}"'
        default = f"next((folder for folder in ({places}) if folder.is_dir()), None)"
    place = f"place = sys.argv[1] if len(sys.argv) > 1 else {default}\n"
    if not known and kind != "digits":
        place += (
            'if place is None:\n    sys.exit("Give the images as the first argument; see the top of this script.")\n'
        )
    part = ""
    if data.whole:
        load += f"\n{_PART.strip()}\n"
        part = f"""if len(images) == {data.whole}:
    rows = part_rows(labels, test, {PART})
    images, labels, test = images[rows], labels[rows], None if test is None else np.flatnonzero(np.isin(rows, test))
"""
    lines = f"""
{size}{load.strip()}

{_SPLIT}
{place}images, labels, test = load(place)
labels = np.unique(labels, return_inverse=True)[1]
{part}if len(images) != {data.images} or images[0].size != {height * width * channels}:
    sys.exit(f"etascope saw {data.images} images of {height} x {width} x {channels}; these are {{images.shape}}.")
{_compared(data)}{_held(data, recipe.seed)}train = np.setdiff1d(np.arange(len(labels)), test)
"""
    return imports, lines


def _compared(data: DataSummary) -> str:
    """Return the lines that say where the images are not, bit for bit, those that etascope opened."""
    if not data.fingerprint:
        return ""
    height, width, channels = data.image_shape
    shape = (data.images, height, width, channels)
    return f"""digest = hashlib.sha256(repr(({shape!r}, {data.class_names!r})).encode())
for part in (images, labels.astype("<i8"), *([] if test is None else [test.astype("<i8")])):
    digest.update(np.ascontiguousarray(part).data)
if digest.hexdigest() != {data.fingerprint!r}:
    print("note: these are not bit for bit the images that etascope saw; it may have scaled or resized them otherwise.")
"""


def _held(data: DataSummary, seed: int) -> str:
    """Return the lines that set the test rows apart where the data does not, and stop where it should."""
    if data.own_test:
        return f"""if test is None or len(test) != {data.test}:
    sys.exit("etascope tested on {data.test} images that the data itself set apart; these are others.")
"""
    condition = "" if divided_anew(data) else f"if test is None or len(test) != {data.test}:\n    "
    return f"""{condition}test = test_rows(labels, 0.2, {seed})
if len(test) != {data.test}:
    test = test_rows(labels, {data.test} / {data.images}, {seed})
"""

"""Lines of Python that open the images of a run with etascope, as it opened them, and save what it saw: `saving`."""

from __future__ import annotations

from etascope.core.data import ARRAY, DIVIDED_ANEW, IN_PYTHON, KNOWN_SETS, SENT, DataSummary


def saving(data: DataSummary, labels: str = "data.labels") -> str:
    """Return the lines of Python that save the images of a run as etascope saw them, the test part apart.

    Parameters
    ----------
    data
        Of the run.
    labels
        What is saved as labels.
    """
    apart = "# labels = None where the images came with theirs\n" if in_python(data) and data.source != ARRAY else ""
    names = f"import etascope, numpy\n{apart}data = etascope.open_images({source_of(data)}{wishes(data)})\n"
    if not data.own_test and not divided_anew(data):
        return names + f'numpy.savez("images.npz", images=data.images, labels={labels})'
    return (
        names + f"labels, test = {labels}, data.test_rows\n"
        "x, y = numpy.delete(data.images, test, 0), numpy.delete(labels, test)\n"
        'numpy.savez("images.npz", x_train=x, y_train=y, x_test=data.images[test], y_test=labels[test])'
    )


def source_of(data: DataSummary) -> str:
    """Return how Python names the images of a run; those that were in Python stay there."""
    if in_python(data):
        return "images, labels"
    return repr(data.source) + (f", {data.labels!r}" if data.labels else "")


def in_python(data: DataSummary) -> bool:
    """Whether the images were in Python, or sent to a page: there is no place to open them from again."""
    return data.source in (*IN_PYTHON, SENT)


def wishes(data: DataSummary) -> str:
    """Return the arguments of `open_images` that open the images as they were opened."""
    height, width, channels = data.image_shape
    told = (
        ""
        if data.source in KNOWN_SETS and data.image_shape == (28, 28, 1)
        else (f", image_size=({height}, {width}), grayscale={channels == 1}")
    )
    told += ", skip_bad=True" if data.left_out else ""
    return told + (f", test={data.test_source!r}" if data.test_source else "")


def divided_anew(data: DataSummary) -> bool:
    """Whether a share of all images was the test part, although the data has one of its own."""
    return any(note.startswith(DIVIDED_ANEW) for note in data.notes)

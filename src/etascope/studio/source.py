"""Which images a worker opens, and how many of them: `Source`."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from etascope.core.data import SENT, Dataset
from etascope.core.errors import InputError
from etascope.images.catalogue import CATALOGUE, open_here
from etascope.images.joining import to_dataset
from etascope.images.open import open_images
from etascope.images.opened import Wishes
from etascope.images.part import PART, take_part
from etascope.studio.failure import on_page


@dataclass(frozen=True)
class Source:
    """Images of this machine; nothing is downloaded for them.

    Attributes
    ----------
    name
        `"digits"`, a name of the catalogue, or the folder of an upload.
    most
        Of more images than these a fixed part is taken, so that a landscape is there at once. None takes all.
    """

    name: str
    most: int | None = PART

    def open(self) -> tuple[Dataset, int]:
        """Return the images, and of how many these are a part, or 0.

        Raises
        ------
        InputError
            If they are not here, or cannot be read.
        """
        known = CATALOGUE.get(self.name)
        if known is not None:
            whole = to_dataset(open_here(known, Wishes()))
        else:
            whole = open_images(self.name) if self.name == "digits" else self._open_upload()
        part = whole if self.most is None else take_part(whole, self.most)
        return part, 0 if part is whole else len(whole)

    def _open_upload(self) -> Dataset:
        """Return what was sent; where it was unpacked is nobody's business."""

        def told(said: str) -> str:
            return on_page(said.replace(f"{self.name}{os.sep}", "").replace(self.name, "the zip"))

        try:
            found = open_images(self.name)
        except InputError as error:
            raise InputError(told(error.said), error.advice) from error
        notes, of_test = (tuple(map(told, said)) for said in (found.notes, found.test_notes))
        return replace(found, source=SENT, notes=notes, test_notes=of_test)

import base64
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from etascope.report.html.inline_image import data_uri, png

images = st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3])).flatmap(
    lambda shape: arrays.arrays(np.uint8, shape)
)


@given(images)
def test_a_decoder_sees_the_same_pixels(image):
    from PIL import Image

    with Image.open(io.BytesIO(png(image))) as seen:
        assert seen.mode == ("RGB" if image.shape[2] == 3 else "L")
        read = np.asarray(seen).reshape(image.shape)
    np.testing.assert_array_equal(read, image)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_address_holds_the_file(channels):
    image = np.arange(12, dtype=np.uint8).reshape(-1, 1, channels)
    kind, _, data = data_uri(image).partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data, validate=True) == png(image)

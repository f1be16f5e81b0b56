import numpy as np

from etascope.pipeline.features import ChannelsFirst, Flatten


def test_flattening_is_a_view_in_reading_order():
    images = np.arange(2 * 2 * 2 * 3, dtype=np.float32).reshape(2, 2, 2, 3)
    flat = Flatten().fit(images)(images)
    assert flat.shape == (2, 12)
    assert np.shares_memory(flat, images)
    assert flat[1].tolist() == list(range(12, 24))


def test_no_images_flatten_to_no_rows_of_the_right_width():
    images = np.zeros((3, 4, 5, 1), np.float32)
    assert Flatten().fit(images)(images[:0]).shape == (0, 20)


def test_what_was_done_is_told():
    assert Flatten().describe(np.zeros((3, 4, 5, 3))) == "flattened 4 x 5 x 3 to 60 features"


def test_channels_come_first_and_pixels_stay_where_they_are():
    images = np.arange(2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 3)
    moved = ChannelsFirst().fit(images[:1])(images)
    assert moved.shape == (2, 3, 3, 4)
    assert moved.flags.c_contiguous
    assert moved.dtype == np.uint8
    for channel in range(3):
        np.testing.assert_array_equal(moved[:, channel], images[..., channel])

"""RGB by a graph that uses its memory again, against FFmpeg's scaler called for each picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace

from avaffect.media.rgb import RGB, Thumbnails


def picture(seed, *, width=64, height=48, kind="yuv420p"):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format=kind)


@pytest.mark.parametrize("kind", ["yuv420p", "yuvj420p", "yuv422p10le", "yuv444p", "gray", "rgba"])
def test_colours_are_those_of_the_scaler(kind):
    frame = picture(0, kind=kind)
    expected = frame.reformat(
        format="rgb24", src_colorspace=Colorspace.ITU601, dst_color_range=ColorRange.JPEG
    ).to_ndarray()
    np.testing.assert_array_equal(RGB()(frame, 64, 48), expected)


def test_an_untagged_picture_is_bt709_from_720_lines_on():
    frame = picture(0, width=32, height=720)
    expected = frame.reformat(
        format="rgb24", src_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.JPEG
    ).to_ndarray()
    np.testing.assert_array_equal(RGB()(frame, 32, 720), expected)


def test_a_picture_stays_while_others_are_made():
    rgb = RGB()
    first = rgb(picture(0), 64, 48)
    before = first.copy()
    for seed in range(1, 20):
        rgb(picture(seed), 64, 48)
    np.testing.assert_array_equal(first, before)


@pytest.mark.parametrize("maker", [RGB, Thumbnails])
def test_pictures_may_change_their_size_and_kind(maker):
    rgb = maker()
    shapes = [rgb(picture(0, width=w, kind=k), 40, 30).shape for w, k in ((64, "yuv420p"), (32, "gray"))]
    assert shapes == [(30, 40, 3)] * 2


@pytest.mark.parametrize("lines", [48, 720])
@pytest.mark.parametrize("kind", ["yuv420p", "yuvj420p", "yuv422p10le", "gray", "rgba"])
def test_pixels_of_a_thumbnail_are_those_of_the_picture(kind, lines):
    colours = np.random.default_rng(0).integers(0, 256, (2, 2, 3), np.uint8)
    pixels = cv2.resize(colours, (64, lines))  # smooth: colours are stored for every other pixel
    frame = VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format=kind)
    whole, small = RGB()(frame, 64, lines), Thumbnails()(frame, 16, lines // 4)
    assert np.abs(small.astype(int) - whole[2::4, 2::4]).mean() < 3  # 4.7 with the other matrix

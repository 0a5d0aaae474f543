"""What a picture looks like: orientation, proportions, fields, colours."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import av
import numpy as np
import pytest

from avaffect.media import frames, picture
from avaffect.media.picture import Decoded, FrameConverter, deinterlace, orientation, upright

QUARTERS = {0: "rgbw", 90: "gwrb", 180: "wbgr", 270: "brwg"}  # turned counter-clockwise


def show(kit, path, image, count=3, **options):
    pictures = kit.Pictures([image] * count, np.arange(count) / 25, **options)
    return [f.image for f in frames(kit.write_clip(path, pictures))]


@pytest.mark.parametrize("angle", QUARTERS)
def test_rotation(tmp_path, kit, angle):
    images = show(
        kit, tmp_path / "v.mp4", kit.quadrants(96, 64), setup=lambda s: s.set_display_rotation(angle)
    )
    assert images[0].shape == ((64, 96, 3) if angle % 180 == 0 else (96, 64, 3))
    assert {kit.corners(image) for image in images} == {QUARTERS[angle]}


@pytest.mark.parametrize(("across", "down", "seen"), [(True, False, "grwb"), (False, True, "bwrg")])
def test_mirrored(tmp_path, kit, across, down, seen):
    images = show(
        kit,
        tmp_path / "v.mp4",
        kit.quadrants(),
        setup=lambda s: s.set_display_rotation(0, hflip=across, vflip=down),
    )
    assert kit.corners(images[0]) == seen


TURNS = [(a, 0, 0, d) for a in (-1, 1) for d in (-1, 1)] + [(0, b, c, 0) for b in (-1, 1) for c in (-1, 1)]


@pytest.mark.parametrize("matrix", TURNS)
def test_upright_is_the_display_matrix(matrix):
    # each pixel is moved as ISO/IEC 14496-12 says, then the whole is shifted back to the origin
    image = np.arange(6).reshape(2, 3)
    a, b, c, d = matrix
    y, x = np.indices(image.shape)
    new_x, new_y = a * x + c * y, b * x + d * y
    new_x, new_y = new_x - new_x.min(), new_y - new_y.min()
    expected = np.zeros((new_y.max() + 1, new_x.max() + 1), int)
    expected[new_y, new_x] = image
    assert upright(image, tuple(65536 * v for v in matrix)).tolist() == expected.tolist()


@pytest.mark.parametrize(("aspect", "size"), [("4/3", (128, 64)), ("1/2", (48, 64)), ("1/1", (96, 64))])
def test_pixels_become_square(tmp_path, kit, aspect, size):
    def stretch(stream):
        stream.codec_context.sample_aspect_ratio = Fraction(aspect)

    images = show(kit, tmp_path / "v.mp4", kit.quadrants(96, 64), setup=stretch)
    assert images[0].shape == (size[1], size[0], 3)
    assert kit.corners(images[0]) == "rgbw"


@pytest.mark.parametrize("size", [(63, 47), (64, 47), (33, 64), (1, 1)])
def test_odd_sizes(tmp_path, kit, size):
    images = show(kit, tmp_path / "v.mkv", np.full((size[1], size[0], 3), 99, np.uint8), codec="ffv1")
    assert images[0].shape == (size[1], size[0], 3)
    assert np.abs(images[0].astype(int) - 99).max() <= 2


@pytest.mark.parametrize("pixel", ["yuv420p10le", "yuv422p10le", "yuv444p", "gray", "bgra", "gbrp12le"])
def test_pixel_formats(tmp_path, kit, pixel):
    images = show(kit, tmp_path / "v.mkv", kit.quadrants(), codec="ffv1", pixel=pixel)
    assert images[0].dtype == np.uint8
    if pixel == "gray":
        assert np.ptp(images[0].astype(int), axis=2).max() <= 1
    else:
        assert kit.corners(images[0]) == "rgbw"
        assert np.abs(images[0][5, 5].astype(int) - (220, 30, 30)).max() <= 4


@pytest.mark.skipif("libx265" not in av.codecs_available, reason="PyAV without x265")
def test_ten_bit_hevc(tmp_path, kit):
    options = {"x265-params": "log-level=none"}
    images = show(
        kit, tmp_path / "v.mov", kit.quadrants(), codec="libx265", pixel="yuv420p10le", options=options
    )
    assert len(images) == 3
    assert kit.corners(images[0]) == "rgbw"


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize(
    ("tag", "red", "blue", "height"),
    [
        (5, 0.299, 0.114, 720),
        (1, 0.2126, 0.0722, 480),
        (9, 0.2627, 0.0593, 720),
        (2, 0.299, 0.114, 480),  # untagged: told by the height
        (2, 0.2126, 0.0722, 720),
    ],
)
def test_colours(tag, red, blue, height, full):
    """The defining equations of BT.601, BT.709 and BT.2020, limited and full range."""
    colour = np.array([200, 80, 40])
    r, g, b = colour / 255
    y = red * r + (1 - red - blue) * g + blue * b
    u, v = (b - y) / (2 - 2 * blue), (r - y) / (2 - 2 * red)
    stored = (255 * y, 255 * u + 128, 255 * v + 128) if full else (16 + 219 * y, 128 + 224 * u, 128 + 224 * v)
    frame = av.VideoFrame(64, height, "yuv420p")
    for plane, value in zip(frame.planes, stored, strict=True):
        plane.update(bytes([round(value)]) * plane.buffer_size)
    frame.colorspace = tag
    frame.color_range = 2 if full else 1
    image = FrameConverter(None)(Decoded(frame, Fraction(0), None))
    assert np.abs(image.reshape(-1, 3) - colour).max() <= 3


def stripes(count=12, width=96, height=64):
    """Fields of a bright bar moving right: odd lines are half a picture later than even ones."""
    images = []
    for number in range(count):
        image = np.full((height, width, 3), 40, np.uint8)
        image[0::2, 6 * number : 6 * number + 16] = 220
        image[1::2, 6 * number + 3 : 6 * number + 19] = 220
        images.append(image)
    return images


def combing(image):
    grey = image.astype(int).mean(axis=2)
    return float(np.abs(grey[1:-1] - (grey[:-2] + grey[2:]) / 2).mean())


def test_interlaced_pictures_are_woven(tmp_path, kit):
    def encode(name, options):
        pictures = kit.Pictures(stripes(), np.arange(12) / 25, options=options)
        return kit.write_clip(tmp_path / name, pictures)

    plain = [f.image for f in frames(encode("p.mp4", {"crf": "5"}))]
    found = list(frames(encode("i.mp4", {"crf": "5", "flags": "+ildct+ilme", "x264-params": "tff=1"})))
    assert [f.pts for f in found] == [k / 25 for k in range(12)]
    assert min(combing(image) for image in plain) > 5  # unflagged pictures are left as they are
    assert max(combing(f.image) for f in found[1:-1]) < 2
    bar = found[5].image.astype(int).mean(axis=(0, 2))
    assert bar.argmax() == pytest.approx(6 * 5 + 8, abs=8)  # the right picture at the right time


@pytest.mark.parametrize(
    ("name", "codec"),
    [("i.mp4", "libx264"), ("i.mov", "libx264"), ("i.mkv", "libx264"), ("i.ts", "mpeg2video"),
     ("i.mpg", "mpeg2video"), ("i.m2ts", "mpeg2video"), ("i.vob", "mpeg2video")],
)  # fmt: skip
def test_interlaced_pictures_are_shown_as_long_as_the_file_says(name, codec, tmp_path, kit):
    options = {"flags": "+ildct+ilme", "x264-params": "tff=1:bframes=0"}
    pictures = kit.Pictures(stripes(), np.arange(12) / 25, codec=codec, options=options)
    path = kit.write_clip(tmp_path / name, pictures)
    assert max(frame.duration for frame in frames(path)) <= 1 / 25 + 1e-3


def test_picture_keeps_its_place_where_interlacing_begins(tmp_path, kit):
    # a progressive and an interlaced stream one after the other
    parts = []
    for number, params in enumerate(("bframes=0", "tff=1:bframes=0")):
        flags = {"flags": "+ildct+ilme"} if number else {}
        pictures = kit.Pictures(
            kit.numbered(20)[10 * number : 10 * number + 10],
            np.arange(10) / 25,
            options={"x264-params": params, **flags},
        )
        parts.append(kit.write_clip(tmp_path / f"{number}.h264", pictures, container="h264"))
    path = tmp_path / "both.h264"
    path.write_bytes(b"".join(p.read_bytes() for p in parts))
    found = list(frames(path))
    assert [f.image.mean() for f in found] == pytest.approx([i.mean() for i in kit.numbered(20)], abs=4)


def test_changed_size_is_fitted_in(tmp_path, kit):
    parts = [
        kit.write_clip(
            tmp_path / f"{width}.h264",
            kit.Pictures([kit.quadrants(width, height)] * 4, np.arange(4) / 25),
            container="h264",
        )
        for width, height in ((96, 64), (64, 64))
    ]
    path = tmp_path / "both.h264"
    path.write_bytes(b"".join(p.read_bytes() for p in parts))
    images = [f.image for f in frames(path)]
    assert {image.shape for image in images} == {(64, 96, 3)}
    assert len(images) == 8
    assert images[-1][:, :15].max() == 0  # bars left and right of the square picture
    assert images[-1][:, -15:].max() == 0
    assert kit.corners(images[-1][:, 16:80]) == "rgbw"


@pytest.mark.parametrize("angle", QUARTERS)
def test_side_data_of_an_unknown_kind_hides_no_rotation(angle, monkeypatch):
    """As EXIF does in PyAV 18: of such a frame only the rotation can be read."""

    def unknown(frame):
        raise ValueError("32 is not a valid Type")

    monkeypatch.setattr(picture, "SideDataContainer", unknown)
    frame = SimpleNamespace(rotation={270: -90}.get(angle, angle))
    image = np.array([[0, 1], [2, 3]])
    np.testing.assert_array_equal(upright(image, orientation(frame)), np.rot90(image, angle // 90))


@pytest.mark.parametrize("aspect", [Fraction(1000), Fraction(2**31 - 1), Fraction(1, 1000), Fraction(0)])
def test_pixels_of_no_believable_shape_are_square(aspect):
    frame = av.VideoFrame.from_ndarray(np.zeros((32, 64, 3), np.uint8))
    assert FrameConverter(aspect)(Decoded(frame, Fraction(0), None)).shape == (32, 64, 3)


@pytest.mark.parametrize(("width", "height"), [(2, 2), (2, 4), (4, 2), (6, 6)])
def test_tiny_interlaced_pictures_are_left_as_they_are(width, height):
    kind = SimpleNamespace(name="yuv420p")
    frame = SimpleNamespace(width=width, height=height, format=kind, interlaced_frame=True)
    pictures = [Decoded(frame, Fraction(k), None) for k in range(3)]
    assert list(deinterlace(pictures)) == pictures

from __future__ import annotations

import pytest

from avaffect.errors import ModelError
from avaffect.face import create_detector
from avaffect.face.mtcnn import MTCNN


def test_by_name():
    detector = create_detector("mtcnn", min_share=0.2)
    assert isinstance(detector, MTCNN)
    assert detector.min_share == 0.2


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(ModelError, match="did you mean 'mtcnn'"):
        create_detector("mtcn")

"""What all corpora share."""

import pytest

from avaffect.corpus import Corpus, Recording
from avaffect.errors import DataError


def test_two_recordings_of_one_name_are_refused():
    class Twice(Corpus):
        name = "twice"

        def ratings(self, recording):
            return {}

        def rating_files(self, recording):
            return []

    with pytest.raises(DataError, match="twice: two recordings are called 'a'; names must differ"):
        Twice([Recording("a", "x"), Recording("a", "y")])

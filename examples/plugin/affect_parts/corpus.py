"""A corpus: videos with the course of two sliders beside each."""

from pathlib import Path

import pandas as pd

from avaffect import DataError
from avaffect.corpus import Corpus, Ratings, Recording, check_range, need_folder


class Sliders(Corpus):
    """A folder of NAME.mp4, each with NAME.csv: the columns seconds, valence and arousal.

    The subject is what stands in NAME before the first underscore, as in ``anna_2.mp4``.

    Parameters
    ----------
    root : path
    scale : (float, float)
        Lowest and highest position of the sliders; mapped onto [-1, 1].
    """

    name = "sliders"

    def __init__(self, root, *, scale=(1.0, 9.0)):
        self.root = need_folder(Path(root), "NAME.mp4 and NAME.csv of each recording")
        self.scale = tuple(scale)
        videos = [path for path in sorted(self.root.glob("*.mp4")) if path.with_suffix(".csv").is_file()]
        if not videos:
            raise DataError(f"{root}: no recordings; expected NAME.mp4 with NAME.csv beside it")
        super().__init__([Recording(v.stem, v.stem.split("_")[0], video=v, audio=v) for v in videos])

    def ratings(self, recording):
        """Values in [-1, 1] at the sliders' own times, by target."""
        (file,) = self.rating_files(recording)
        table = pd.read_csv(file)
        missing = {"seconds", *self.targets} - {*table}
        if missing:
            raise DataError(f"{file}: no column {min(missing)!r}; expected seconds,valence,arousal")
        times = table["seconds"].to_numpy(float)
        found = {target: Ratings(times, table[target].to_numpy(float)) for target in self.targets}
        return {target: check_range(r, f"{file}: {target}", self.scale) for target, r in found.items()}

    def rating_files(self, recording):
        """Files that the ratings come from: when one changes, labels are made again."""
        return [self.root / f"{recording.name}.csv"]

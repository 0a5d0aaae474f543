"""The open benchmark: fusions compared on features of a film and on real pairs of face and voice.

Each whole, and with one stream damaged.

Needs the extra ``avaffect[train]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec

from ..errors import AvaffectError

if find_spec("sklearn") is None:
    raise AvaffectError("the benchmark needs scikit-learn: pip install 'avaffect[train]'")

from .acted import ActedBench  # noqa: E402
from .bench import About, Bench, Job  # noqa: E402
from .damage import Damage, apply, every_damage  # noqa: E402
from .features import Segment, read_segments  # noqa: E402
from .film import FilmBench, plan  # noqa: E402
from .network import Settings  # noqa: E402
from .report import write_report  # noqa: E402
from .results import curve_table, gate_table, main_table  # noqa: E402
from .systems import System, all_systems, choose  # noqa: E402

BENCHES: Mapping[str, type[Bench]] = {"studyforrest": FilmBench, "acted": ActedBench}
"""By the name of the corpus."""

__all__ = [
    "BENCHES",
    "About",
    "ActedBench",
    "Bench",
    "Damage",
    "FilmBench",
    "Job",
    "Segment",
    "Settings",
    "System",
    "all_systems",
    "apply",
    "choose",
    "curve_table",
    "every_damage",
    "gate_table",
    "main_table",
    "plan",
    "read_segments",
    "write_report",
]

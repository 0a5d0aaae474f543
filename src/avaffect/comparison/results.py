"""From the runs' files to tables: scores with intervals, curves, and whether gates follow the damage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..evaluate.bootstrap import interval, resample
from ..evaluate.match import Matched
from ..evaluate.moments import measures
from ..evaluate.score import table_of_sums
from ..spec import TARGETS
from .bench import CLEAN, finished
from .damage import every_damage
from .features import Segment
from .systems import System

GATE_SHARE = 0.5  # damage at which gates are looked at: half hit, half not
REFERENCE = "concat"


def main_table(
    work: Path, systems: Sequence[System], segments: Sequence[Segment], seeds: int
) -> pd.DataFrame:
    """Pooled CCC and PCC of every finished system, undamaged.

    The CCC is over the labelled ticks of all left-out segments together, for each seed, then the mean over
    seeds; intervals are of that mean, segments resampled. A system counts with the seeds that all its
    segments have.

    Returns
    -------
    pd.DataFrame
        Indexed by system: ``streams``, ``seeds``, ``parameters``, ``seconds`` (CPU, of a training) and, for
        each target, ``*_ccc``, ``*_lo``, ``*_hi``, ``*_sd`` (over seeds), ``*_pcc``, ``*_gain``,
        ``*_gain_lo``, ``*_gain_hi`` (CCC above `concat`'s on the same resamples).
    """
    rows, drawn = {}, {}
    for system in systems:
        runs = finished(work, system, [each.name for each in segments], seeds, CLEAN)
        if not runs:
            continue
        points, spread, correlation = _scores([[run[CLEAN] for run in seed] for seed in runs], segments)
        drawn[system.name] = points.mean(axis=0), spread
        flat = [run for seed in runs for run in seed]
        row = {
            "streams": " + ".join(system.streams),
            "seeds": len(runs),
            "parameters": int(flat[0].get("parameters", np.array(0))),
            "seconds": float(np.mean([run["seconds"] for run in flat])),
        }
        for i, target in enumerate(TARGETS):
            low, high = interval(spread[:, i])
            row |= {f"{target}_ccc": points[:, i].mean(), f"{target}_lo": low, f"{target}_hi": high}
            row |= {f"{target}_sd": _spread(points[:, i]), f"{target}_pcc": correlation[:, i].mean()}
        rows[system.name] = row
    if REFERENCE in drawn:
        for name, row in rows.items():
            row |= _gain(drawn[name], drawn[REFERENCE])
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("system")


def curve_table(
    work: Path, systems: Sequence[System], segments: Sequence[Segment], seeds: int, training: str
) -> pd.DataFrame:
    """Pooled CCC against the share of damaged ticks, one row a system, stream, kind and share.

    Share 0 is the undamaged segment. Columns: ``training``, ``system``, ``stream``, ``kind``, ``share``,
    ``seeds``, ``valence``, ``arousal`` (mean over seeds) and ``valence_sd``, ``arousal_sd``.
    """
    rows = []
    for system in (each for each in systems if each.curves):
        runs = finished(work, system, [each.name for each in segments], seeds, training)
        if not runs:
            continue
        pairs = sorted({(damage.stream, damage.kind) for damage in every_damage()})
        keys = [(stream, kind, 0.0, CLEAN) for stream, kind in pairs]
        keys += [(damage.stream, damage.kind, damage.share, damage.key) for damage in every_damage()]
        for stream, kind, share, key in keys:
            points = _points([[run[key] for run in seed] for seed in runs], segments)["ccc"]
            row: dict[str, object] = {"training": training, "system": system.name}
            row |= {"stream": stream, "kind": kind, "share": share, "seeds": len(runs)}
            for i, target in enumerate(TARGETS):
                row |= {target: points[:, i].mean(), f"{target}_sd": _spread(points[:, i])}
            rows.append(row)
    return pd.DataFrame(rows)


def gate_table(
    work: Path, systems: Sequence[System], segments: Sequence[Segment], seeds: int, training: str
) -> pd.DataFrame:
    """Correlation of each gate with being damaged, at half the ticks damaged.

    Over the ticks of all segments, by seed, then the mean over seeds. Columns: ``training``, ``system``,
    ``stream`` (damaged), ``kind``, ``gate``, ``correlation`` (NaN where the gate never moves), ``sd`` over
    seeds, and the gate's means ``intact`` and ``hit``.
    """
    rows = []
    for system in (each for each in systems if each.curves):
        runs = finished(work, system, [each.name for each in segments], seeds, training)
        for damage in (each for each in every_damage() if each.share == GATE_SHARE):
            prefix = f"{damage.key}/"
            names = [key for key in (runs[0][0] if runs else {}) if key.startswith(prefix)]
            for name in (key for key in names if key != f"{prefix}hit"):
                hits = [np.concatenate([run[f"{prefix}hit"] for run in seed]) for seed in runs]
                gates = [np.concatenate([run[name] for run in seed]) for seed in runs]
                found = np.array([correlation(g, h) for g, h in zip(gates, hits, strict=True)])
                rows.append(
                    {
                        "training": training,
                        "system": system.name,
                        "stream": damage.stream,
                        "kind": damage.kind,
                        "gate": name.removeprefix(prefix),
                        "correlation": found.mean(),
                        "sd": _spread(found),
                        "intact": float(np.mean([g[~h].mean() for g, h in zip(gates, hits, strict=True)])),
                        "hit": float(np.mean([g[h].mean() for g, h in zip(gates, hits, strict=True)])),
                    }
                )
    return pd.DataFrame(rows)


def correlation(gate: NDArray, hit: NDArray[np.bool_]) -> float:
    """Pearson correlation of a gate (t,) with being hit (t,); NaN where either is constant.

    >>> correlation(np.array([0.1, 0.2, 0.8, 0.9]), np.array([True, True, False, False])) < -0.98
    True
    """
    if np.ptp(gate) < 1e-6 or hit.all() or not hit.any():
        return float("nan")
    return float(np.corrcoef(gate, hit)[0, 1])


def _sums(predicted: Sequence[NDArray], segments: Sequence[Segment]) -> NDArray:
    pairs = zip(segments, predicted, strict=True)
    return table_of_sums([Matched(segment.name, values, segment.labels) for segment, values in pairs])


def _points(by_seed: Sequence[Sequence[NDArray]], segments: Sequence[Segment]) -> dict[str, NDArray]:
    """Pooled measures, each (seeds, 2)."""
    pooled = [measures(_sums(predicted, segments).sum(axis=0)) for predicted in by_seed]
    return {name: np.stack([each[name] for each in pooled]) for name in ("ccc", "pcc")}


def _scores(
    by_seed: Sequence[Sequence[NDArray]], segments: Sequence[Segment]
) -> tuple[NDArray, NDArray, NDArray]:
    """CCC (seeds, 2), resamples of its mean over seeds (resamples, 2), and PCC (seeds, 2)."""
    units = np.arange(len(segments))
    draws = [resample(_sums(predicted, segments), units)["pooled"]["ccc"] for predicted in by_seed]
    points = _points(by_seed, segments)
    return points["ccc"], np.mean(draws, axis=0), points["pcc"]


def _gain(ours: tuple[NDArray, NDArray], theirs: tuple[NDArray, NDArray]) -> dict[str, float]:
    row: dict[str, float] = {}
    for i, target in enumerate(TARGETS):
        low, high = interval(ours[1][:, i] - theirs[1][:, i])
        gain = float(ours[0][i] - theirs[0][i])
        row |= {f"{target}_gain": gain, f"{target}_gain_lo": low, f"{target}_gain_hi": high}
    return row


def _spread(values: NDArray) -> float:
    """Standard deviation over seeds; NaN of one."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")

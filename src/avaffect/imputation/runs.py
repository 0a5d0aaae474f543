"""All runs of the benchmark of imputation, one small file each: what is finished is never done twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from ..corpus.store import FeatureStore
from ..files import claim_runs, replacing
from ..progress import Hook, silent
from .comparison import FOLDS, LACKING, check, compare
from .digits import PLAN, SHARES, ceiling, run
from .systems import Plan
from .training import MutualFit

Tables = dict[str, pd.DataFrame]
"""``digits`` and ``ceiling``; with a store ``streams`` and ``errors``. A row a run and figure."""


@dataclass(frozen=True)
class Bench:
    """What is measured, and where the results of each run lie.

    Attributes
    ----------
    work : Path
        Folder of finished runs.
    store : FeatureStore or None
        With two streams; None measures digits alone.
    plan : Plan
        Of the streams.
    digits : MutualFit
        Of the digits.
    """

    work: Path
    store: FeatureStore | None = None
    plan: Plan = Plan()
    digits: MutualFit = PLAN

    def run(self, seeds: int, hook: Hook = silent) -> Tables:
        """Do what is not done yet, seed by seed, and give the tables of all.

        ``hook("runs", completed, total)`` is called before each run and after the last.

        Raises
        ------
        DataError
            If the store does not fit, or the folder holds runs on other data or with other settings.
        """
        if self.store is not None:
            check(self.store)
        self._claim()
        jobs = list(self._jobs(seeds))
        parts: dict[str, list[pd.DataFrame]] = {}
        for done, (name, kind, *key) in enumerate(jobs):
            hook("runs", done, len(jobs))
            path = self.work / f"{name}.json"
            if not path.exists():
                tables = self._digits(*key) if kind == "digits" else self._streams(*map(int, key))
                with replacing(path) as part:
                    part.write_text(json.dumps(tables))
            for table, rows in json.loads(path.read_text()).items():
                parts.setdefault(table, []).append(pd.DataFrame(rows))
        hook("runs", len(jobs), len(jobs))
        return {table: pd.concat(frames, ignore_index=True) for table, frames in parts.items()}

    def _jobs(self, seeds: int) -> Iterator[tuple[str, str, float, float, float]]:
        """Name, kind and arguments of each run."""
        for seed in range(seeds):
            for share in SHARES:
                for singles in (True, False) if share < 1 else (True,):
                    yield f"digits-{share:g}-{singles:d}-{seed}", "digits", share, singles, seed
            for fold in range(FOLDS if self.store is not None else 0):
                yield f"streams-{seed}-{fold}", "streams", seed, fold, 0

    def _digits(self, share: float, singles: float, seed: float) -> dict[str, list[dict[str, object]]]:
        figures = run(share, int(seed), singles=bool(singles), plan=self.digits)
        tables: dict[str, list[dict[str, object]]] = {
            "digits": [{"pairs": share, "singles": bool(singles), "seed": int(seed), **figures}]
        }
        if share == SHARES[0] and singles:
            tables["ceiling"] = [{"seed": int(seed), **ceiling(int(seed))}]
        return tables

    def _streams(self, seed: int, fold: int, _: int) -> dict[str, list[dict[str, object]]]:
        assert self.store is not None
        found, run_of = compare(self.store, seed, fold, self.plan), {"seed": seed, "fold": fold}
        return {
            "streams": [
                {**run_of, "system": system, "condition": condition, "target": target, "ccc": value}
                for (system, condition, target), value in found.scores.items()
            ],
            "errors": [
                {**run_of, "imputer": imputer, "stream": stream, "error": value}
                for (imputer, stream), value in found.errors.items()
            ],
        }

    def _claim(self) -> None:
        """Write down what the folder's runs are of, or check that they are of the same."""
        data = None
        if self.store is not None:
            data = [[stored.name, stored.ticks, stored.meta.encoders] for stored in self.store]
        ours = {"data": data, "lacking": LACKING, "plan": asdict(self.plan), "digits": asdict(self.digits)}
        claim_runs(self.work, json.dumps(ours))

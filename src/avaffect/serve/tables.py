"""A result in the form that was asked for."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated
from urllib.parse import quote

from fastapi import Query
from starlette.responses import JSONResponse, Response

from ..errors import DataError
from ..trace import Trace
from .accept import KINDS
from .jobs import Job
from .responses import PredictionWithResult, prediction
from .result import as_json
from .service import Service

Columns = Annotated[str, Query(description="Columns of the JSON, with commas between; all by default.")]
Rate = Annotated[
    float | None, Query(gt=0, le=1000, description="Rows per second, instead of one a frame and person.")
]

_TYPES = {kind: name for name, kind in KINDS.items()}


def given(service: Service, job: Job, trace: Trace, kind: str, columns: str, rate: float | None) -> Response:
    """A trace of a job as JSON, with what is known of the job, or as a csv or Parquet file."""
    if kind == "json":
        names = [name.strip() for name in columns.split(",")] if columns else []
        if not all(names):
            raise DataError(
                f"columns={columns}: expected names with one comma between, such as valence,arousal"
            )
        result = as_json(trace, columns=names, rate=rate)
        found = PredictionWithResult(**prediction(service, job).model_dump(), result=result)
        return JSONResponse(found.model_dump(mode="json"))
    shown = trace if rate is None else trace.resample(rate)
    with TemporaryDirectory() as folder:
        content = write_table(shown, Path(folder) / f"table.{kind}").read_bytes()
    name = quote(file_name(job, kind))
    return Response(
        content,
        media_type=_TYPES[kind],
        headers={"content-disposition": f"attachment; filename*=utf-8''{name}"},
    )


def write_table(trace: Trace, path: Path) -> Path:
    """Write a table in the form that its ending says: csv, parquet or xlsx."""
    if path.suffix == ".xlsx":
        from ..exchange import write_workbook

        return write_workbook([trace], path)
    return trace.to_csv(path) if path.suffix == ".csv" else trace.to_parquet(path)


def file_name(job: Job, kind: str) -> str:
    """What a result is called where it is saved: after the recording."""
    stem = job.name.rpartition(".")[0] or job.name
    return stem + {"mp4": "_annotated.mp4", "report": ".html"}.get(kind, f".{kind}")

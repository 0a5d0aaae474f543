"""The routes under /v1/predictions: send recordings, look at them, take their results, remove them."""

from __future__ import annotations

import mimetypes
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Header, HTTPException, Query, Response, UploadFile
from starlette.responses import FileResponse, JSONResponse

from ..trace import read_trace
from .context import DoneJob, TheJob, TheService, refusals
from .jobs import Job, State
from .responses import PREFIX, Prediction, Predictions, PredictionWithResult, prediction
from .result import as_json
from .uploads import saved
from .worker import FILES

router = APIRouter(prefix=PREFIX, tags=["predictions"])

JSON, CSV, PARQUET = "application/json", "text/csv", "application/vnd.apache.parquet"
_TYPES = {"csv": CSV, "parquet": PARQUET, "png": "image/png", "mp4": "video/mp4"}
Kind = Literal["csv", "parquet", "png", "mp4"]


@router.post("", status_code=202, responses=refusals(403, 413, 422, 429))
def send(
    service: TheService,
    file: Annotated[list[UploadFile], File(description="Video or sound files, one or many.")],
    model: Annotated[str | None, Form(description="One of /v1/models; by default the first.")] = None,
    people: Annotated[Literal["all", "main"], Form(description="Everyone, or the most prominent.")] = "all",
    annotate: Annotated[bool, Form(description="Also make a video with the values drawn in.")] = True,
) -> Predictions:
    """Queue recordings. All are taken or none: the first that cannot be is named in the refusal."""
    files = [(each.filename, each.file) for each in file]
    jobs = service.submit(files, model=model, people=people, annotate=annotate)
    return Predictions(predictions=[prediction(service, job) for job in jobs])


@router.get("", responses=refusals())
def list_all(service: TheService) -> Predictions:
    """All predictions, the oldest first."""
    return Predictions(predictions=[prediction(service, job) for job in service.store.all()])


@router.get(
    "/{id}",
    response_model=PredictionWithResult,
    responses=refusals(404, 406, 409, 422)
    | {
        200: {
            "content": {
                CSV: {"schema": {"type": "string"}},
                PARQUET: {"schema": {"type": "string", "format": "binary"}},
            }
        }
    },
)
def look(
    service: TheService,
    job: TheJob,
    accept: Annotated[str, Header(description="application/json, text/csv or the type of Parquet.")] = JSON,
    columns: Annotated[
        str, Query(description="Columns of the result, with commas between; all by default.")
    ] = "",
    rate: Annotated[
        float | None,
        Query(gt=0, le=1000, description="Rows per second of the result, instead of one a frame."),
    ] = None,
) -> Response:
    """A prediction: its state, and its result once it is done. As csv or Parquet, the result alone."""
    kind = _accepted(accept)
    if kind is None:
        raise HTTPException(406, f"{accept[:100]!r} is not to be had; accept {JSON}, {CSV} or {PARQUET}")
    if kind != JSON:
        if job.state is not State.DONE:
            raise HTTPException(409, f"{job.name} is {job.state.value}; its table is there when it is done")
        return download(service, job, "csv" if kind == CSV else "parquet")
    found = PredictionWithResult(**prediction(service, job).model_dump())
    if job.state is State.DONE:
        trace = read_trace(service.folder.of(job.id) / FILES["parquet"])
        found.result = as_json(trace, columns=[name for name in columns.split(",") if name], rate=rate)
    return JSONResponse(found.model_dump(mode="json"))


@router.delete(
    "/{id}",
    response_model=Prediction,
    responses=refusals(403, 404, 422) | {204: {"description": "It is removed."}},
)
def end(service: TheService, job: TheJob) -> Response:
    """Cancel a prediction that waits or runs; remove any other with all its files."""
    left = service.end(job)
    if left is None:
        return Response(status_code=204)
    return JSONResponse(prediction(service, left).model_dump(mode="json"))


@router.get("/{id}/files/{kind}", response_class=FileResponse, responses=refusals(404, 409, 422))
def download(service: TheService, job: DoneJob, kind: Kind) -> Response:
    """One of the results as a file, named after the recording."""
    path = service.folder.of(job.id) / FILES[kind]
    if not path.is_file():
        raise HTTPException(404, f"{job.name} has no {kind}; its links say what there is")
    return FileResponse(path, media_type=_TYPES[kind], filename=_file_name(job, kind))


@router.get("/{id}/media", response_class=FileResponse, responses=refusals(404, 409, 422))
def media(service: TheService, job: DoneJob) -> Response:
    """The recording as it was sent, if this server keeps uploads. Parts of it may be asked for (Range)."""
    source = saved(service.folder.of(job.id))
    if source is None:
        raise HTTPException(404, f"{job.name} was deleted when it was read; start the server with --keep")
    kind = mimetypes.guess_type(source.name)[0] or ""
    # Never a type that a browser would run.
    safe = kind if kind.startswith(("video/", "audio/")) else "application/octet-stream"
    return FileResponse(source, media_type=safe)


def _file_name(job: Job, kind: str) -> str:
    stem = job.name.rpartition(".")[0] or job.name
    return f"{stem}_annotated.mp4" if kind == "mp4" else f"{stem}.{kind}"


def _accepted(header: str) -> str | None:
    """Of the types that there are, the one that an Accept header likes best; None if it takes none."""
    likes: dict[str, float] = {}
    for part in header.split(","):
        name, *parameters = (each.strip().lower() for each in part.split(";"))
        weights = [each[2:] for each in parameters if each.startswith("q=")]
        try:
            likes[name] = float(weights[0]) if weights else 1.0
        except ValueError:
            likes[name] = 0.0
    best, most = None, 0.0
    for kind in (JSON, CSV, PARQUET):
        like = next((likes[n] for n in (kind, f"{kind.split('/')[0]}/*", "*/*") if n in likes), 0.0)
        if like > most:
            best, most = kind, like
    return best

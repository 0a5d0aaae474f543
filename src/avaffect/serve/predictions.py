"""The routes under /v1/predictions: send recordings, look at them, take their results, remove them."""

from __future__ import annotations

import mimetypes
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Depends, File, Form, HTTPException, Response, UploadFile
from starlette.responses import FileResponse, JSONResponse

from ..trace.edits import Edits
from .accept import CSV, IN_DOCUMENT, JSON, PARQUET, XLSX, Accept, accepted
from .context import DoneJob, TheJob, TheService, done, known_fields, refusals
from .jobs import State
from .responses import PREFIX, People, Prediction, Predictions, PredictionWithResult, prediction
from .tables import Columns, Rate, file_name, given, write_table
from .uploads import saved
from .worker import FILES

router = APIRouter(prefix=PREFIX, tags=["predictions"])

_TYPES = {
    "csv": CSV,
    "parquet": PARQUET,
    "xlsx": XLSX,
    "png": "image/png",
    "mp4": "video/mp4",
    "report": "text/html",
}
Kind = Literal["csv", "parquet", "xlsx", "png", "mp4", "report"]


@router.post("", status_code=202, responses=refusals(403, 413, 422, 429))
def send(
    service: TheService,
    file: Annotated[list[UploadFile], File(min_length=1, description="Video or sound files, one or many.")],
    model: Annotated[str | None, Form(description="One of /v1/models; by default the first.")] = None,
    people: Annotated[People, Form(description="Everyone, or the most prominent.")] = "all",
    annotate: Annotated[bool, Form(description="Also make a video with the values drawn in.")] = True,
    _: Annotated[None, Depends(known_fields)] = None,
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
    "/{id}", response_model=PredictionWithResult, responses=refusals(404, 406, 409, 422) | IN_DOCUMENT
)
def look(
    service: TheService, job: TheJob, accept: Accept = JSON, columns: Columns = "", rate: Rate = None
) -> Response:
    """A prediction: its state, and its result once it is done. As csv or Parquet, the result alone."""
    kind = accepted(accept)
    if kind != "json" and rate is None:
        return download(service, done(job), cast(Kind, kind))
    if kind != "json" or job.state is State.DONE:
        return given(service, job, service.trace(done(job)), kind, columns, rate)
    return JSONResponse(PredictionWithResult(**prediction(service, job).model_dump()).model_dump(mode="json"))


@router.post(
    "/{id}/view",
    response_model=PredictionWithResult,
    responses=refusals(403, 404, 406, 409, 422) | IN_DOCUMENT,
)
def view(
    service: TheService,
    job: DoneJob,
    edits: Edits,
    accept: Accept = JSON,
    columns: Columns = "",
    rate: Rate = None,
) -> Response:
    """The result with people named or left out, without spans, with baselines. Nothing of it is kept."""
    return given(service, job, service.trace(job).edited(edits), accepted(accept), columns, rate)


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
    if kind == "xlsx" and not path.is_file():
        write_table(service.trace(job), path)
    if not path.is_file():
        raise HTTPException(404, f"{job.name} has no {kind}; its links say what there is")
    return FileResponse(path, media_type=_TYPES[kind], filename=file_name(job, kind))


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

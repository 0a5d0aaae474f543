"""What the API answers, as it stands in its OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from ..spec import Spec
from .jobs import Job, State
from .pool import Progress
from .service import Service
from .uploads import saved
from .worker import FILES

PREFIX = "/v1/predictions"

People = Literal["all", "main"]


class Problem(BaseModel):
    """Why a request was refused."""

    detail: str = Field(description="One line: what was given, what was expected, what to do.")


class Stage(BaseModel):
    """How far a running prediction is."""

    stage: str = Field(description="What is being done: loading the model, reading, drawing, writing.")
    completed: float = Field(description="Seconds of the recording that are done in this stage.")
    total: float | None = Field(description="Seconds of the recording, where they are known.")
    seconds_left: float | None = Field(description="Time that the rest of this stage will take, estimated.")


class Prediction(BaseModel):
    """A recording that was sent, and what became of it."""

    id: str
    name: str = Field(description="The file's name as it was sent, without folders.")
    state: State
    position: int | None = Field(description="How many wait before it; null unless it waits.")
    progress: Stage | None = Field(description="Null unless it runs.")
    error: str | None = Field(description="Why it failed.")
    duration: float | None = Field(description="Seconds of the recording, where they are known.")
    model: str
    people: People
    annotate: bool
    created: float = Field(description="Seconds since 1970, UTC.")
    started: float | None
    finished: float | None
    links: dict[str, str] = Field(description="Addresses on this server: itself, its events, what there is.")


class PredictionWithResult(Prediction):
    """A prediction, and its result once it is done."""

    result: dict[str, Any] | None = Field(
        default=None,
        description="duration (s), meta, summary, names, spans and tracks; tracks holds, by person's number"
        " ('none' for rows of nobody in view), one list a column of the table, null where there is no value.",
    )


class Predictions(BaseModel):
    """Several predictions, the oldest first."""

    predictions: list[Prediction]


class ModelCard(BaseModel):
    """A model that can be asked for."""

    name: str
    default: bool
    streams: list[str] = Field(description="What it reads: audio, visual.")
    tick_rate: float = Field(description="Values per second (Hz) that the model gives.")
    coverage: float = Field(description="Share of values that the intervals are meant to hold.")
    meaning: str
    licence: str


class Models(BaseModel):
    """The models that can be asked for, the server's own choice first."""

    models: list[ModelCard]


class Limits(BaseModel):
    """What this server takes, and whether it keeps uploads."""

    version: str
    max_size: int = Field(description="Bytes of one request, all its files together.")
    max_duration: float = Field(description="Seconds of one recording.")
    queue: int = Field(description="Recordings that may wait.")
    waiting: int = Field(description="Recordings that wait now.")
    keep: bool = Field(description="Whether uploads stay until their prediction is deleted.")


def prediction(service: Service, job: Job) -> Prediction:
    """A job as the API shows it."""
    progress = service.pool.progress(job.id) if job.state is State.RUNNING else None
    return Prediction(
        id=job.id,
        name=job.name,
        state=job.state,
        position=service.store.position(job) if job.state is State.QUEUED else None,
        progress=None if progress is None else _stage(progress),
        error=job.error,
        duration=job.duration,
        model=job.model,
        people="main" if job.people == "main" else "all",
        annotate=job.annotate,
        created=job.created,
        started=job.started,
        finished=job.finished,
        links=_links(service, job),
    )


def _stage(progress: Progress) -> Stage:
    return Stage(
        stage=progress.stage,
        completed=progress.completed,
        total=progress.total,
        seconds_left=None if (left := progress.seconds_left) is None else round(left, 1),
    )


def _links(service: Service, job: Job) -> dict[str, str]:
    own = f"{PREFIX}/{job.id}"
    links = {"self": own, "events": f"{own}/events"}
    if job.state is State.DONE:
        folder = service.folder.of(job.id)
        links |= {
            kind: f"{own}/files/{kind}"
            for kind, file in FILES.items()
            if kind == "xlsx" or (folder / file).is_file()
        }
        if service.settings.keep and saved(folder) is not None:
            links["media"] = f"{own}/media"
    return links


def model_card(spec: Spec, *, default: bool) -> ModelCard:
    """A model as the API shows it."""
    return ModelCard(
        name=spec.name,
        default=default,
        streams=list(spec.streams),
        tick_rate=spec.tick_rate,
        coverage=spec.coverage,
        meaning=spec.meaning,
        licence=spec.licence,
    )

"""The OpenAPI document: whatever a client makes of it, the server answers as the document says."""

from __future__ import annotations

import io
import time

import pytest

pytest.importorskip("schemathesis", reason="the extra [dev] is not installed")

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from avaffect.serve.app import create_app
from avaffect.serve.jobs import State
from avaffect.serve.settings import Settings


@pytest.fixture(scope="module")
def app(tmp_path_factory, make):
    app = create_app(Settings(folder=tmp_path_factory.mktemp("serve"), queue=3, keep=True), make)
    yield app
    app.state.service.close()


def _done(service, sound):
    """The id of a prediction that is done."""
    files = [("done.wav", io.BytesIO(sound))]
    (job,) = service.submit(files, model=None, people="all", annotate=False)
    while service.store.get(job.id).state is not State.DONE:
        time.sleep(0.05)
    return job.id


def test_every_answer_is_as_the_document_says(app, sound):
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, headers={"host": "localhost"})  # starts it
    done = _done(app.state.service, sound)
    tried = set()
    for operation in (found.ok() for found in schema.get_all_operations()):
        if operation.path != "/v1/events":  # which has no end
            tried.add(f"{operation.method} {operation.path}")
            _try(operation, done)
    assert "post /v1/predictions/{id}/view" in tried


def _try(operation, done):
    """Send requests of every kind, half of them about a prediction that there is."""

    @given(case=operation.as_strategy())
    @settings(
        max_examples=5, deadline=None, derandomize=True, database=None, suppress_health_check=HealthCheck
    )
    def one(case):
        case.headers = {**(case.headers or {}), "host": "localhost"}
        if "id" in case.path_parameters and case.method != "DELETE" and len(case.path_parameters["id"]) % 2:
            case.path_parameters["id"] = done
        case.call_and_validate(excluded_checks=[positive_data_acceptance])  # files that are no recordings

    one()

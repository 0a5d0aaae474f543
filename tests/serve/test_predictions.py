"""The API over made-up work: sending, looking, taking, removing."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest

from avaffect.serve.worker import FILES


@pytest.fixture(scope="module")
def done(client, server, sound):
    """A prediction that is done."""
    return server.wait(client, server.send(client, "monday.wav", sound, people="main"))


def test_a_recording_that_is_sent_is_read(client, done):
    assert (done["state"], done["name"], done["people"]) == ("done", "monday.wav", "main")
    assert done["duration"] == pytest.approx(2.0)
    assert done["created"] <= done["started"] <= done["finished"]
    assert done["id"] in [each["id"] for each in client.get("/v1/predictions").json()["predictions"]]


def test_the_result_has_one_list_a_column_of_each_person_and_null_for_what_is_missing(done):
    result = done["result"]
    assert set(result["tracks"]) == {"1", "none"}
    person = result["tracks"]["1"]
    assert person["start"] == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6, 1.8]
    assert person["frame"] == list(range(10))
    assert person["valence"][:2] == [None, -0.3947]
    assert person["face_conf"] == [None] * 10
    assert person["source"] == ["face+voice"] * 10
    assert result["duration"] == 2.0
    assert result["meta"]["model"] == "hgrjca.default"


def test_a_result_may_be_asked_for_at_a_rate_and_in_part(client, done):
    address = f"/v1/predictions/{done['id']}"
    tracks = client.get(address, params={"rate": 2, "columns": "arousal"}).json()["result"]["tracks"]
    assert set(tracks["1"]) == {"start", "end", "arousal"}
    assert tracks["1"]["start"] == [0.0, 0.5, 1.0, 1.5]
    answer = client.get(address, params={"columns": "arousl"})
    assert answer.status_code == 422
    assert "did you mean 'arousal'" in answer.json()["detail"]
    assert client.get(address, params={"rate": 0}).status_code == 422


def test_the_table_comes_as_csv_or_parquet_by_accept(client, done):
    address = f"/v1/predictions/{done['id']}"
    csv = client.get(address, headers={"accept": "text/csv"})
    assert csv.headers["content-disposition"] == 'attachment; filename="monday.csv"'
    assert len(pd.read_csv(io.StringIO(csv.text))) == 20
    wanted = "application/vnd.apache.parquet, application/json;q=0.5"
    parquet = client.get(address, headers={"accept": wanted})
    assert set(pd.read_parquet(io.BytesIO(parquet.content)).index.get_level_values("file")) == {"made.wav"}
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    book = client.get(address, headers={"accept": kind})
    assert book.headers["content-disposition"] == 'attachment; filename="monday.xlsx"'
    assert set(pd.read_excel(io.BytesIO(book.content), sheet_name=None)) == {"summary", "made"}
    assert client.get(address, headers={"accept": "text/html"}).status_code == 406


def test_links_lead_to_what_there_is(client, done):
    assert set(done["links"]) == {"self", "events", "csv", "parquet", "xlsx"}
    assert all(client.get(link).status_code == 200 for link in done["links"].values())
    assert client.get(f"{done['links']['self']}/files/mp4").status_code == 404
    assert client.get(f"{done['links']['self']}/media").status_code == 404


def test_events_end_with_the_last_state(client, done):
    answer = client.get(done["links"]["events"])
    (event,) = answer.text.strip().split("\n\n")
    kind, identity, data = event.split("\n")
    assert (kind, identity) == ("event: prediction", "id: end")
    assert json.loads(data.removeprefix("data: "))["state"] == "done"
    assert client.get(done["links"]["events"], headers={"last-event-id": "end"}).status_code == 204


def test_what_is_removed_is_gone(client, server, sound):
    identity = server.wait(client, server.send(client, "gone.wav", sound))["id"]
    folder = client.app.state.service.folder.of(identity)
    assert folder.is_dir()
    assert client.delete(f"/v1/predictions/{identity}").status_code == 204
    assert client.get(f"/v1/predictions/{identity}").status_code == 404
    assert not folder.exists()


def test_a_failure_says_why(client, server, sound):
    found = server.wait(client, server.send(client, "fails.wav", sound))
    assert (found["state"], found["error"]) == ("failed", "fails.wav: cannot be read")
    assert found["result"] is None
    assert client.get(f"{found['links']['self']}/files/csv").status_code == 409


def test_uploads_are_deleted_once_they_are_read(client, done):
    folder = client.app.state.service.folder.of(done["id"])
    names = {path.name for path in folder.iterdir()}
    assert {"result.csv", "result.parquet"} <= names <= set(FILES.values())


def test_a_view_names_people_and_leaves_out_what_does_not_count(client, done):
    address = f"/v1/predictions/{done['id']}/view"
    edits = {"names": {"1": "Ana"}, "excluded": [[0.5, 1.0]], "baseline": [[1.0, 2.0, 1]]}
    result = client.post(address, json=edits).json()["result"]
    person = result["tracks"]["1"]
    assert result["names"] == {"1": "Ana"}
    assert result["spans"] == {"excluded": [[0.5, 1.0, None]], "baseline": [[1.0, 2.0, 1]]}
    assert [value is None for value in person["valence"]] == [True, False, True, True, True] + [False] * 5
    assert sum(person["valence_rel"][5:]) == pytest.approx(0, abs=1e-3)
    csv = client.post(address, json={"dropped": [1]}, headers={"accept": "text/csv"})
    assert pd.read_csv(io.StringIO(csv.text))["track"].isna().all()
    assert client.get(f"/v1/predictions/{done['id']}").json()["result"]["names"] == {}


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        ({"names": {"7": "Ana"}}, "person 7"),
        ({"excluded": [[5, 9]]}, "outside of the recording"),
        ({"excluded": [[1, 0.5]]}, "is no span"),
        ({"names": {"1": "two\nlines"}}, "one line"),
        ({"nams": {}}, "nams"),
        ({"dropped": "all"}, "dropped"),
    ],
)
def test_edits_that_do_not_fit_are_refused_in_one_line(client, done, edits, words):
    answer = client.post(f"/v1/predictions/{done['id']}/view", json=edits)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"[1]", "the body: expected a JSON object, it is [1]"),
        (b'"Ana"', "the body: expected a JSON object, it is 'Ana'"),
        (b"", "the body: is missing; expected a JSON object"),
        (b"{", "the body: is not valid JSON; expected a JSON object"),
        (b'{"names": ["Ana"]}', "names: expected a JSON object, it is ['Ana']"),
        (b'{"dropped": 1}', "dropped: expected a JSON list, it is 1"),
        (b'{"drop": 1}', "drop: is no key that is known here, it is 1"),
    ],
)
def test_a_body_that_is_none_is_told_as_such(client, done, body, said):
    answer = client.post(
        f"/v1/predictions/{done['id']}/view", content=body, headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["detail"]) == (422, said)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"annotat": "false"}, "'annotat': is no field that is known here; did you mean 'annotate'?"),
        ({"bogus": "1"}, "'bogus': is no field that is known here; known: annotate, file, model, people"),
    ],
)
def test_a_field_that_is_unknown_is_refused(client, sound, options, said):
    answer = client.post("/v1/predictions", files={"file": ("a.wav", sound)}, data=options)
    assert (answer.status_code, answer.json()["detail"]) == (422, said)


def test_text_in_place_of_a_file_is_told_as_such(client):
    answer = client.post("/v1/predictions", files={"file": (None, "hello")})
    said = "file.0: expected a file, it is text; with curl write -F file=@talk.mp4"
    assert (answer.status_code, answer.json()["detail"]) == (422, said)

"""Two groups of predictions beside each other."""

from __future__ import annotations

import json

import pytest


@pytest.fixture(scope="module")
def ids(client, server, sound):
    """Four predictions that are done; two of them have the same name."""
    names = ("calm 1.wav", "calm 2.wav", "stress.wav", "stress.wav")
    return [server.wait(client, server.send(client, name, sound))["id"] for name in names]


def test_groups_are_compared_with_intervals(client, ids):
    answer = client.post("/v1/comparisons", json={"a": ids[:2], "b": ids[2:], "names": ["calm", "stress"]})
    found = answer.json()
    assert answer.status_code == 200, answer.text
    assert found["groups"] == ["calm", "stress"]
    figures = {(one["target"], one["measure"]): one for one in found["statistics"]}
    mean = figures["valence", "mean"]
    assert mean["difference"]["value"] == pytest.approx(0, abs=1e-9)
    assert mean["first"]["value"] == pytest.approx(mean["second"]["value"])
    assert mean["counts"] == [2, 2]
    assert [(person["id"], person["file"]) for person in found["people"]] == list(
        zip(ids, ["calm 1.wav", "calm 2.wav", "stress.wav", "stress.wav"], strict=True)
    )
    first, second = found["courses"]["valence"]
    assert len(first["time"]) == len(second["mean"]) > 0
    assert found["notes"]
    assert not any(identity in json.dumps([found["notes"], found["statistics"]]) for identity in ids)


def test_edits_count(client, ids):
    groups = {"a": ids[:1], "b": ids[1:2], "edits": {ids[0]: {"excluded": [[0, 1.0]]}}}
    found = client.post("/v1/comparisons", json=groups).json()
    (mean,) = [s for s in found["statistics"] if (s["target"], s["measure"]) == ("valence", "mean")]
    assert mean["difference"]["value"] > 0.1


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"a": []}, 422, "a: expected 1 or more, there are 0"),
        ({"a": ["nobody"]}, 404, "no prediction 'nobody'"),
        ({"people": "Ana"}, 422, "no recording has a person 'Ana'"),
        ({"group": 1}, 422, "group"),
    ],
)
def test_groups_that_there_are_not_are_refused(client, ids, change, status, words):
    answer = client.post("/v1/comparisons", json={"a": ids[:1], "b": ids[1:2]} | change)
    assert answer.status_code == status
    assert words in answer.json()["detail"]


def test_a_recording_belongs_to_one_group(client, ids):
    answer = client.post("/v1/comparisons", json={"a": ids[:2], "b": ids[1:]})
    assert answer.status_code == 422
    assert "is in both groups" in answer.json()["detail"]


def test_messages_name_recordings_as_their_owner_does(client, ids):
    """Two of one name in one group cannot be paired; a recording of which all is excluded says nothing."""
    answer = client.post("/v1/comparisons", json={"a": ids[2:], "b": ids[:1], "paired": True})
    assert answer.json()["detail"].startswith("paired: stress.wav and stress.wav are of one name")
    edits = {ids[1]: {"excluded": [[0, 2]]}}
    found = client.post("/v1/comparisons", json={"a": ids[:2], "b": ids[2:3], "edits": edits}).json()
    assert "left out, without any prediction: calm 2.wav" in found["notes"]

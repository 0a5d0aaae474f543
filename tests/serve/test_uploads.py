"""What clients send: names of every kind, files that are none, too large and too long."""

from __future__ import annotations

import errno
from tempfile import SpooledTemporaryFile

import pytest

from avaffect.serve.uploads import shown_name

BOUNDARY = "xxboundaryxx"


def post(client, filename: bytes, content: bytes):
    """A request with a file's name exactly as given."""
    body = (
        b"--" + BOUNDARY.encode() + b'\r\ncontent-disposition: form-data; name="file"; filename="' + filename
        + b'"\r\ncontent-type: audio/wav\r\n\r\n' + content + b"\r\n--" + BOUNDARY.encode() + b"--\r\n"
    )  # fmt: skip
    kind = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    return client.post("/v1/predictions", content=body, headers=kind)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (b"../../../etc/passwd", "passwd"),
        (b"..\\\\..\\\\windows\\\\system.wav", "system.wav"),
        (b"/absolute.wav", "absolute.wav"),
        (b"a\x00b.wav", "ab.wav"),
        (b"<img src=x onerror=alert(1)>.wav", "img src=x onerror=alert(1).wav"),
        ("Gespräch – 東京 🎙.wav".encode(), "Gespräch – 東京 🎙.wav"),
        ("abc\u202egnp.wav".encode(), "abcgnp.wav"),
        (b"caf\xe9.wav", None),
        (b"n" * 2000 + b".wav", "n" * 116 + ".wav"),
        (b"-rf.wav", "-rf.wav"),
        (b"con", "con"),
        (b"...", "recording"),
    ],
)
def test_a_name_is_only_shown(client, server, sound, given, shown):
    answer = post(client, given, sound)
    assert answer.status_code == 202, answer.text
    (found,) = answer.json()["predictions"]
    assert shown is None or found["name"] == shown
    assert server.wait(client, found["id"])["state"] == "done"
    folder = client.app.state.service.folder
    kept = [path for path in folder.path.rglob("*") if path.is_file() and path.parent != folder.path]
    assert {path.name for path in kept} == {"result.csv", "result.parquet"}
    assert client.get(f"/v1/predictions/{found['id']}/files/csv").status_code == 200


@pytest.mark.parametrize("name", [None, "", ".", "a" * 300, "\x00", "x." + "y" * 300, "..\\..", "\ud800.wav"])
def test_a_name_that_is_shown_is_one_short_line(name):
    shown = shown_name(name)
    assert 0 < len(shown) <= 120
    assert shown.isprintable()
    assert not set(shown) & set('/\\<>"')


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x00" * 5000, b"#EXTM3U\nfile:///etc/passwd\n", b"RIFF\xff\xff\xff\xffWAVE"]
)
def test_what_is_no_recording_is_refused_by_name(client, content):
    answer = client.post("/v1/predictions", files={"file": ("odd.mp4", content)})
    assert answer.status_code == 422
    detail = answer.json()["detail"]
    assert detail.startswith("odd.mp4: ")
    assert str(client.app.state.service.folder.path) not in detail
    assert client.get("/v1/predictions").status_code == 200


def test_all_files_of_a_request_are_taken_or_none(client, sound):
    before = client.get("/v1/predictions").json()
    files = [("file", ("good.wav", sound)), ("file", ("bad.wav", b"no sound"))]
    assert client.post("/v1/predictions", files=files).status_code == 422
    assert client.get("/v1/predictions").json() == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"model": "nobody"}, "no model 'nobody'; known: hgrjca.default"),
        ({"model": "../../etc"}, "no model"),
        ({"people": "some"}, "people: "),
        ({"annotate": "maybe"}, "annotate: "),
    ],
)
def test_options_that_there_are_not_are_refused(client, sound, options, words):
    answer = client.post("/v1/predictions", files={"file": ("a.wav", sound)}, data=options)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_a_request_without_a_file_is_refused(client):
    assert client.post("/v1/predictions", data={"people": "all"}).status_code == 422
    assert client.post("/v1/predictions", json={}).status_code == 422


def test_what_is_too_large_is_refused_whatever_its_header_says(start, sound):
    client = start(max_size=10_000)
    refused = client.post("/v1/predictions", files={"file": ("large.wav", sound)})
    kind = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    pieces = client.post("/v1/predictions", content=(b"x" * 1000 for _ in range(20)), headers=kind)
    for answer in (refused, pieces):
        assert answer.status_code == 413
        assert "more than the 0.00954 MiB" in answer.json()["detail"]


def test_what_is_too_long_is_refused(start, sound):
    answer = start(max_duration=0.5).post("/v1/predictions", files={"file": ("long.wav", sound)})
    assert answer.status_code == 422
    assert (
        answer.json()["detail"] == "long.wav: lasts 1 s, more than the 0.5 s that are taken here; cut it up"
    )


def test_uploads_that_are_kept_come_back_whole_and_in_part(start, server, sound):
    client = start(keep=True)
    found = server.wait(client, server.send(client, "kept.wav", sound))
    whole = client.get(found["links"]["media"])
    assert (whole.content, whole.headers["content-type"]) == (sound, "audio/x-wav")
    part = client.get(found["links"]["media"], headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, sound[100:200])
    failed = server.wait(client, server.send(client, "fails.wav", sound))
    assert not client.app.state.service.folder.of(failed["id"]).exists()


def test_an_upload_that_the_disk_cannot_hold_is_told_as_such(client, sound, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(SpooledTemporaryFile, "write", full)
    answer = client.post("/v1/predictions", files={"file": ("a.wav", sound)})
    assert answer.status_code == 507
    assert "disk is full" in answer.json()["detail"]

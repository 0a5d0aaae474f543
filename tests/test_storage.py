"""Objects at addresses, in a store in memory: read, written, listed, and told of in one line."""

import errno
import json
import logging
import os
import sys
import tempfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest

from avaffect import copies, storage
from avaffect.address import Address, place
from avaffect.errors import AvaffectError, DataError, MediaError
from avaffect.inputs import find
from avaffect.outputs import State, plan
from avaffect.record import Record, Source

fsspec = pytest.importorskip("fsspec", reason="needs the extra 'remote'")

KINDS = ("csv", "video")


@pytest.fixture
def store():
    """A bucket of its own in memory; ``store(name, content)`` puts an object there."""
    bucket = Address(f"memory://{uuid4().hex}")

    def put(name, content=b"content"):
        storage.write_bytes(bucket / name, content)
        return bucket / name

    put.root = bucket
    return put


@pytest.fixture
def refused(monkeypatch):
    """``refused(method, error)``: the store in memory raises it."""

    def refuse(method, error):
        def raises(*_args, **_options):
            raise error

        monkeypatch.setattr(fsspec.get_filesystem_class("memory"), method, raises)

    return refuse


def names(found, root):
    return [file.relative_to(root).as_posix() for _, file in found.recordings]


def test_a_folder_a_pattern_and_a_table_stand_for_their_recordings(store, tmp_path):
    for name in ("in/a.mp4", "in/deep/b.wav", "in/notes.txt", "in/.hidden.mp4", "other/c.wav"):
        store(name)
    table = store("in/list.csv", b"file\ndeep/b.wav\n../other/c.wav\n")
    out = store.root / "out"

    found = find([str(store.root / "in")], out, recursive=True)
    assert names(found, store.root) == ["in/a.mp4", "in/deep/b.wav"]
    assert found.left_out == [f"{store.root}/in: files whose endings are not of video or sound (2)"]
    assert names(find([store.root / "in"], out, recursive=False), store.root) == ["in/a.mp4"]
    found = find([f"{store.root}/**/*.wav"], out, recursive=False)
    assert names(found, store.root) == ["in/deep/b.wav", "other/c.wav"]
    found = find([table], out, recursive=False)
    assert names(found, store.root) == ["in/deep/b.wav", "other/c.wav"]

    (tmp_path / "here.csv").write_text(f"file\n{store.root}/in/a.mp4\nnear.wav\n")
    found = find([tmp_path / "here.csv"], out, recursive=False)
    assert [str(file) for _, file in found.recordings] == [
        f"{store.root}/in/a.mp4",
        str(tmp_path / "near.wav"),
    ]


def test_folders_are_kept_and_names_are_apart(store):
    for name in ("one/cam.mp4", "two/cam.mp4", "two/deep/cam.mp4"):
        store(name)
    out = store.root / "out"
    found = find([store.root / "one", store.root / "two"], out, recursive=True)
    targets = plan(found.recordings, out, KINDS)
    bases = [str(target.base.relative_to(out)) for target in targets]
    assert bases == ["one/cam", "two/cam", "two/deep/cam"]


def test_what_stands_for_nothing_is_one_line(store):
    store("in/notes.txt")
    for given, told in (
        ("in", "holds no video or audio files; add --recursive"),
        ("in/none.mp4", "no such object; check the spelling"),
        ("in/*.mp4", "matches no object"),
    ):
        with pytest.raises(MediaError, match=told) as raised:
            find([store.root / given], store.root / "out", recursive=False)
        assert str(raised.value).startswith(f"{store.root}/{given}: ")
    with pytest.raises(MediaError, match="neither patterns nor questions"):
        find(["https://example.org/talk.mp4?key=1"], Path("out"), recursive=False)


def finish(target, settings, kinds=KINDS):
    """Write a target's results as a run does."""
    with target.begun(settings) as record:
        for kind in kinds:
            with copies.written(target.paths(kind)) as files:
                for file in files:
                    file.write_text(f"{kind} of {target.source}")
            record = record.with_finished(*target.paths(kind))
            record.write(target.record_path)


def test_what_is_finished_is_known_and_what_is_not_ours_is_kept(store):
    source, out = store("in/a.mp4"), store.root / "out"

    def planned():
        return plan(find([source], out, recursive=False).recordings, out, KINDS)[0]

    assert planned().state({"model": "a"}) == (State.NEW, planned())
    finish(planned(), {"model": "a"}, kinds=["csv"])
    state, left = planned().state({"model": "a"})
    assert (state, left.kinds) == (State.UNFINISHED, ("video",))
    finish(planned(), {"model": "a"})
    assert planned().state({"model": "a"})[0] is State.FINISHED
    with pytest.raises(MediaError, match="holds no video or audio files"):
        find([out], out, recursive=False)  # but our own
    assert planned().state({"model": "b"})[0] is State.OTHER_SETTINGS
    store("in/a.mp4", b"other content")
    assert planned().state({"model": "a"})[0] is State.CHANGED


def test_an_object_that_is_not_ours_is_not_replaced(store):
    source, out = store("in/a.mp4"), store.root / "out"
    recordings = find([source], out, recursive=False).recordings
    foreign = store("out/a.csv", b"of somebody")
    with pytest.raises(DataError, match="is there and is no result of ours"):
        plan(recordings, out, KINDS)
    assert plan(recordings, out, KINDS, overwrite=True)
    storage.remove(foreign)
    (target,) = plan(recordings, out, KINDS)
    finish(target, {})
    store("out/a.csv", b"changed by hand")
    with pytest.raises(DataError, match="was changed after it was written"):
        plan(recordings, out, KINDS)
    other = store("elsewhere/a.mp4", b"another recording")
    with pytest.raises(DataError, match="holds the results of another recording"):
        plan([(other, other)], out, KINDS)
    beside = store("in/b_annotated.mp4")
    both = [(store.root / "in/b.mp4",) * 2, (beside, beside)]
    with pytest.raises(DataError, match="is an input"):
        plan(both, store.root / "in", KINDS)


def test_a_copy_is_shared_and_gone_at_the_end_and_messages_name_the_address(
    store, monkeypatch, tmp_path, caplog
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    source = store("in/a.mp4", b"pictures")
    with copies.fetched(source) as copy, copies.fetched(source) as again:
        assert copy == again
        assert copy.read_bytes() == b"pictures"
        assert copy.name == "a.mp4"
        logging.getLogger("avaffect.media").warning("%s: %d damaged", copy, 3)
    assert caplog.messages == [f"{source}: 3 damaged"]
    assert not list(tmp_path.iterdir())
    with pytest.raises(MediaError, match=f"^{source}: is empty$"), copies.fetched(source) as copy:
        raise MediaError(f"{copy}: is empty")
    assert not list(tmp_path.iterdir())
    with pytest.raises(MediaError, match="no such object"), copies.fetched(store.root / "none"):
        pass


def test_copies_of_killed_processes_are_removed(monkeypatch, tmp_path, store):
    from avaffect.files import temporary_name

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    own = temporary_name(tmp_path / "copies")
    dead = own.with_name(own.name.replace(f"-{os.getpid()}-", "-999999999-"))
    for folder in (own, dead):
        (folder / "bucket").mkdir(parents=True)
    with copies.fetched(store("a.wav")):
        assert own.is_dir()
        assert not dead.exists()


def test_the_folder_of_copies_is_looked_through_once_a_process(monkeypatch, tmp_path, store):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    looks = []
    monkeypatch.setattr("avaffect.files.remove_stale", looks.append)
    for name in ("a.wav", "b.wav"):
        with copies.fetched(store(name)):
            pass
    assert looks == [tmp_path]


def test_what_fails_while_it_is_written_leaves_nothing(store):
    with pytest.raises(TypeError), copies.written([store.root / "out/a.csv"]) as (file,):
        file.write_text(None)
    assert not storage.exists(store.root / "out/a.csv")


def test_one_look_tells_of_a_whole_folder(store, refused):
    store("out/a.csv", b"12"), store("out/deep/b.csv", b"123")
    with storage.listed(store.root / "out"):
        refused("info", AssertionError("asked"))
        assert storage.size(store.root / "out/deep/b.csv") == 3
        assert not storage.exists(store.root / "out/c.csv")
        assert Record.read(store.root / "out/c.avaffect.json") is None


def test_a_record_is_of_the_objects_content(store):
    source = store("a.wav", b"x" * 100_000)
    first = Source.of(source)
    assert (first.path, first.size) == (str(source), 100_000)
    store("a.wav", b"x" * 100_000)
    assert not first.is_same(Source.of(source)), "it was written again"
    empty = Source.of(store("empty.wav", b""))
    assert empty.size == 0
    with pytest.raises(MediaError, match="no such object"):
        Source.of(store.root / "none.wav")
    raw = json.dumps({"format": 1}).encode()
    assert Record.read(store("a.avaffect.json", raw)) is None


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PermissionError("Forbidden"), r"cannot be read \(Forbidden\); check the credentials"),
        (TimeoutError("timed out"), r"cannot be read \(timed out\); check the address and the network"),
        (OSError(errno.ENOSPC, "No space left on device"), "no room in .*; set TMPDIR to a larger disk"),
        (type("NoCredentialsError", (Exception,), {})("Unable to locate"), "check the credentials"),
    ],
)
def test_errors_of_a_store_are_one_line(store, refused, error, told):
    source = store("a.wav")
    refused("get_file", error)
    with pytest.raises(MediaError, match=told) as raised, copies.fetched(source):
        pass
    assert str(raised.value).startswith(f"{source}: ")
    refused("pipe_file", error)
    with pytest.raises(DataError, match="cannot be written"):
        storage.writable(store.root / "out", "give another")


def test_a_file_on_the_web_is_read_and_told_of(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"sound" * 20_000)
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    handler.log_message = lambda *_: None
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        folder = f"http://127.0.0.1:{server.server_port}"
        ((_, file),) = find([f"{folder}/a.wav"], tmp_path, recursive=False).recordings
        assert Source.of(file).size == 100_000
        assert Source.of(file).is_same(Source.of(file))
        with copies.fetched(file) as copy:
            assert copy.read_bytes() == (tmp_path / "a.wav").read_bytes()
        with pytest.raises(MediaError, match=f"^{folder}/b.wav: no such object"):
            find([f"{folder}/b.wav"], tmp_path, recursive=False)
        server.shutdown()


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    storage._system_of.cache_clear()
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(AvaffectError, match=r"needs fsspec: pip install 'avaffect\[remote\]'"):
        find(["s3://bucket/talk.mp4"], Path("out"), recursive=False)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("https://example.org/out", "nothing can be written on the web"),
        ("file:///tmp/out", "lies on this machine; give its path"),
        ("s3nothing://bucket/out", "Protocol not known"),
    ],
)
def test_places_that_are_no_result_folder(given, told):
    with pytest.raises(DataError, match=told):
        storage.writable(place(given), "give another")


def test_an_api_call_reads_an_address_as_the_file(store, sample_clip, caplog):
    import avaffect

    predictor = avaffect.load("audio.default")
    source = store("in/sample.mp4", sample_clip.read_bytes())
    with caplog.at_level(logging.WARNING):
        ours = predictor.process_file(str(source))
    theirs = predictor.process_file(sample_clip)
    assert set(ours.table.index.get_level_values("file")) == {str(source)}
    columns = ["start", "valence", "arousal"]
    assert ours.table.reset_index()[columns].equals(theirs.table.reset_index()[columns])
    assert ours.meta["recording"] == theirs.meta["recording"]
    with pytest.raises(MediaError, match=f"^{store.root}/none.wav: no such object"):
        predictor.process_file(str(store.root / "none.wav"))
    with pytest.raises(MediaError, match="is an address"):
        predictor.process_folder(str(store.root / "in"))

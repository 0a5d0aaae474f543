"""Where results go: each recording's apart, and nothing of a user's replaced."""

import os
from pathlib import Path

import pytest

from avaffect.errors import DataError, MediaError
from avaffect.inputs import find
from avaffect.outputs import State, plan

KINDS = ("csv", "video")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(*names, content=None):
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.fsencode(content or f"content of {name}"))


def planned(*inputs, out="out", kinds=KINDS, overwrite=False):
    found = find([Path(path) for path in inputs], Path(out), recursive=True)
    return plan(found.recordings, Path(out), kinds, overwrite=overwrite)


def bases(*inputs, out="out"):
    return [target.base.relative_to(out).as_posix() for target in planned(*inputs, out=out)]


def run(target, settings=None, *, kinds=None):
    """Write a target's results, or those of some kinds, as a run does."""
    with target.begun(settings or {"model": "a"}) as record:
        for kind in kinds or target.kinds:
            for path in target.paths(kind):
                path.write_text(f"{kind} of {target.source}")
                record = record.with_finished(path)
        record.write(target.record_path)


def test_folders_within_an_input_folder_are_kept(here):
    make("ds/sub-01/ses-1/cam.mp4", "ds/sub-02/ses-1/cam.mp4", "ds/talk.mp4", "alone.wav")
    assert bases("ds", "alone.wav") == ["sub-01/ses-1/cam", "sub-02/ses-1/cam", "talk", "alone"]


def test_inputs_of_one_name_keep_their_folders(here):
    make("study/A/P01.mp4", "study/B/P01.mp4", "study/B/P02.mp4")
    assert bases("study/A", "study/B") == ["A/P01", "B/P01", "B/P02"]
    assert bases("study/A/P01.mp4", "study/B/P01.mp4") == ["A/P01", "B/P01"]
    assert bases("study/A/P01.mp4", "study/B/P02.mp4") == ["P01", "P02"]


def test_names_that_differ_by_ending_or_case_alone(here):
    make("in/a.mp4", "in/a.wav", "in/a_mp4.mkv", "in/B.mp4", "in/b.mp4", "in/c.mp4")
    found = bases("in")
    assert found == ["B_mp4", "a_mp4_2", "a_wav", "a_mp4", "b_mp4_2", "c"]
    assert len({name.casefold() for name in found}) == 6


def test_the_same_file_is_taken_once(here):
    make("in/a.mp4", "in/sub/b.mp4")
    assert bases("in", "in/a.mp4", here / "in" / "a.mp4", "in/sub/../a.mp4") == ["a", "sub/b"]


def test_links_are_not_resolved(here):
    make("annex/MD5-1234", "annex/MD5-5678")
    Path("in").mkdir()
    Path("in/monday.mp4").symlink_to("../annex/MD5-1234")
    Path("in/tuesday.mp4").symlink_to("../annex/MD5-5678")
    assert bases("in") == ["monday", "tuesday"]


@pytest.mark.parametrize("letter", ["x", "電", os.fsdecode(b"\xe9")])
def test_a_long_name_is_shortened_to_fit_and_stays_apart(here, letter):
    size = len(os.fsencode(letter))
    first, second = (letter * (248 // size) + end for end in ("1", "2"))
    make(f"in/{first}.mp4", f"in/{second}.mp4")
    targets = planned("in")
    assert len({target.base for target in targets}) == 2
    for target in targets:
        for path in target.all_paths:
            path.parent.mkdir(exist_ok=True)
            path.touch()


@pytest.mark.parametrize("name", ["..mp4", "...mp4", ".a.mp4"])
def test_no_name_leads_out_of_the_result_folder(here, name):
    make(f"in/{name}")
    (target,) = planned(f"in/{name}")
    assert all(path.parent == Path("out") for path in target.all_paths)
    assert all(".." not in path.parts for path in target.all_paths)


def test_no_result_replaces_an_input(here):
    make("talk.mp4", "talk_annotated.mp4")
    for overwrite in (False, True):
        with pytest.raises(DataError, match=r"talk_annotated\.mp4 is an input"):
            planned("talk.mp4", "talk_annotated.mp4", out=".", overwrite=overwrite)
    Path("link.mp4").symlink_to("talk_annotated.mp4")
    with pytest.raises(DataError, match="is an input"):
        planned("talk.mp4", "link.mp4", out=".")


def test_no_result_replaces_what_else_is_read(here):
    make("in/a.mp4", "in/notes.vtt")
    make("in/a.vtt", content="WEBVTT\n\n00:00.000 --> 00:01.000\nhello there\n")
    with pytest.raises(DataError, match=r"in/a.vtt is an input, and a result of in/a.mp4 would replace it"):
        planned("in/a.mp4", out="in", kinds=("webvtt",), overwrite=True)
    planned("in/a.mp4", out="in", kinds=("csv",), overwrite=True)
    found = find([Path("in/a.mp4")], Path("out"), recursive=False)
    make("out/a.csv")
    for others in ([Path("out/a.csv")], [here / "out/../out/a.csv"]):
        with pytest.raises(DataError, match="out/a.csv is an input"):
            plan(found.recordings, Path("out"), KINDS, others=others, overwrite=True)


def test_no_result_replaces_a_file_of_the_user(here):
    make("talk.mp4", "talk.csv")
    with pytest.raises(DataError, match=r"talk\.csv is there and is no result of ours; .*--overwrite"):
        planned("talk.mp4", out=".")
    Path("talk.csv").unlink()
    Path("talk.csv").symlink_to("nowhere")
    with pytest.raises(DataError, match="no result of ours"):
        planned("talk.mp4", out=".")
    assert planned("talk.mp4", out=".", overwrite=True)
    make("other.mp4", "other.avaffect.json")
    with pytest.raises(DataError, match=r"other\.avaffect\.json is there"):
        planned("other.mp4", out=".")


def test_own_results_are_replaced_until_somebody_changes_them(here):
    make("talk.mp4")
    (target,) = planned("talk.mp4", out=".")
    run(target)
    assert planned("talk.mp4", out=".") == [target]
    make("talk.csv", content="with a column of my own")
    with pytest.raises(DataError, match=r"talk\.csv was changed after it was written"):
        planned("talk.mp4", out=".")


def test_results_of_another_recording_of_that_name(here):
    make("A/P01.mp4", "B/P01.mp4")
    (first,) = planned("A")
    run(first)
    with pytest.raises(DataError, match=r"holds the results of another recording .*A/P01\.mp4"):
        planned("B")
    (second,) = planned("B", overwrite=True)
    with pytest.raises(DataError, match="another recording"), second.begun({}):
        pass  # as when two runs begin at once
    assert first.paths("csv")[0].read_text() == "csv of A/P01.mp4"


def test_state_tells_what_is_left_to_do(here):
    make("talk.mp4")
    (target,) = planned("talk.mp4", kinds=("csv", "plot", "video"))
    settings = {"model": "a"}
    assert target.state(settings) == (State.NEW, target)
    run(target, settings, kinds=("csv", "video"))
    state, left = target.state(settings)
    assert (state, left.kinds) == (State.UNFINISHED, ("plot",))
    run(left, settings)
    assert target.state(settings)[0] is State.FINISHED
    assert target.state({"model": "b"}) == (State.OTHER_SETTINGS, target)
    target.paths("video")[0].unlink()
    state, left = target.state(settings)
    assert (state, left.kinds) == (State.UNFINISHED, ("video",))
    make("talk.mp4", content="cut anew")
    assert target.state(settings) == (State.CHANGED, target)


def test_a_recording_keeps_the_name_of_its_results_when_a_namesake_comes(here):
    make("in/a.mp4")
    (target,) = planned("in")
    run(target)
    make("in/a.wav", "in/b.mp4")
    targets = planned("in")
    assert [each.base.name for each in targets] == ["a", "a_wav", "b"]
    assert targets[0].state({"model": "a"})[0] is State.FINISHED
    assert bases("in", out="elsewhere") == ["a_mp4", "a_wav", "b"]


def test_what_was_made_under_other_settings_is_not_taken_for_finished(here):
    make("talk.mp4")
    (both,) = planned("talk.mp4")
    run(both, {"model": "a"})
    (table,) = planned("talk.mp4", kinds=("csv",))
    run(table, {"model": "b"})
    state, left = both.state({"model": "b"})
    assert (state, left.kinds) == (State.UNFINISHED, ("video",))
    assert planned("talk.mp4"), "the old video is still known as ours"


def test_a_recording_that_fails_leaves_nothing(here):
    make("talk.mp4")
    (target,) = planned("talk.mp4")
    with pytest.raises(KeyboardInterrupt), target.begun({}):
        raise KeyboardInterrupt
    assert not list(Path("out").iterdir())


def test_own_videos_are_never_taken_as_inputs(here):
    make("talk.mp4", "notes.txt")
    (target,) = planned("talk.mp4", out=".")
    run(target)
    found = find([Path(".")], Path("other"), recursive=True)
    assert [file.name for _, file in found.recordings] == ["talk.mp4"]
    assert "annotated videos of earlier runs (1)" in found.left_out[0]
    assert "(1: .txt)" in found.left_out[1]
    found = find([Path("talk.mp4"), Path("talk_annotated.mp4")], Path("."), recursive=False)
    assert [file.name for _, file in found.recordings] == ["talk.mp4"]
    with pytest.raises(MediaError, match="a result of an earlier run; name a recording"):
        find([Path("talk_annotated.mp4")], Path("."), recursive=False)


def test_the_result_folder_may_lie_anywhere(here):
    make("clips/a.mp4", "clips/results/mine.mp4")
    assert bases("clips", out=".") == ["a", "results/mine"]
    assert bases("clips", out="clips/results") == ["a", "results/mine"]

"""Weights come back as they were written; what does not fit is said in one line."""

import hashlib
import json
from dataclasses import replace

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from safetensors.torch import save as save_weights

from avaffect import checkpoint, model_folder
from avaffect.errors import ModelError
from avaffect.model import AffectModel
from avaffect.spec import Component


@pytest.fixture(scope="module")
def model(debug_spec):
    torch.manual_seed(0)
    return AffectModel(debug_spec).eval()


def test_round_trip_is_exact(model, tmp_path):
    folder = checkpoint.save(model, tmp_path / "m", card="A card.")
    again = checkpoint.load(folder)
    assert len(again.spec.streams["audio"].encoder_weights) == 1
    streams = {name: replace(stream, encoder_weights=()) for name, stream in again.spec.streams.items()}
    assert replace(again.spec, streams=streams) == model.spec
    for (name, ours), (_, theirs) in zip(model.state_dict().items(), again.state_dict().items(), strict=True):
        assert torch.equal(ours, theirs), name
    assert (folder / "card.md").read_text() == "A card."
    assert not list(folder.glob("*.part"))


def half_whisper(spec, seed=0):
    """A model with Whisper's blocks, whose values float16 holds exactly, and a layer of its own."""
    audio = replace(
        spec.streams["audio"],
        dim=64,
        encoder=Component("whisper", {"width": 8, "heads": 2}),
        preprocessing={"logmel": "whisper16k"},
    )
    torch.manual_seed(0)
    model = AffectModel(replace(spec, streams=spec.streams | {"audio": audio})).eval()
    encoder = model.encoders["audio"]
    with torch.no_grad():
        for value in encoder.whisper.parameters():
            value.copy_(value.half())
        encoder.embed.bias += seed + 0.1
    return model


def test_frozen_parts_are_stored_once(debug_spec, tmp_path):
    """Two models on the same blocks share them, and each has a layer of its own; nothing is lost."""
    models = [half_whisper(debug_spec, seed) for seed in range(2)]
    shared = tmp_path / "encoders"
    for number, model in enumerate(models):
        checkpoint.save(model, tmp_path / str(number), card="", encoders=shared, half=number == 1)
    (own, blocks), (other, same) = (
        model_folder.read_spec(tmp_path / str(number)).streams["audio"].encoder_weights for number in range(2)
    )
    assert own != other
    assert blocks == same
    state = load_file(shared / f"{blocks}.safetensors")
    assert all(name.startswith("whisper.") and value.dtype == torch.float16 for name, value in state.items())
    assert not any(name.startswith("whisper.") for name in load_file(shared / f"{own}.safetensors"))
    again = checkpoint.load(tmp_path / "0")
    for (name, ours), (_, theirs) in zip(
        models[0].state_dict().items(), again.state_dict().items(), strict=True
    ):
        assert torch.equal(ours, theirs), name
    assert not any(value.requires_grad for value in again.encoders["audio"].whisper.parameters())
    hashes = {model_folder.weights_hash(tmp_path / str(number)) for number in range(2)}
    assert len(hashes) == 2


def test_a_part_of_an_encoder_is_missing(debug_spec, tmp_path):
    folder = checkpoint.save(half_whisper(debug_spec), tmp_path / "m", card="")
    own, blocks = model_folder.read_spec(folder).streams["audio"].encoder_weights
    path = folder / model_folder.SPEC
    spec = json.loads(path.read_text())
    for kept, message in (
        ([blocks], rf"{blocks}\.safetensors does not fit .*Missing key"),
        ([], "names no weights of its audio encoder"),
    ):
        spec["streams"]["audio"]["encoder_weights"] = kept
        path.write_text(json.dumps(spec))
        with pytest.raises(ModelError, match=message):
            checkpoint.load(folder)
    (folder / "encoders" / f"{blocks}.safetensors").unlink()
    checkpoint.save(half_whisper(debug_spec), folder, card="", encoders=tmp_path / "elsewhere")
    with pytest.raises(ModelError, match="lacks the weights of its audio encoder"):
        checkpoint.load(folder)


def test_half_precision_is_half_the_size_and_close(model, tmp_path):
    full = checkpoint.save(model, tmp_path / "full", card="")
    half = checkpoint.save(model, tmp_path / "half", card="", half=True)
    sizes = [[p.stat().st_size for p in sorted(f.rglob("*.safetensors"))] for f in (full, half)]
    assert sum(sizes[1]) < 0.55 * sum(sizes[0])
    again = checkpoint.load(half)
    assert next(again.parameters()).dtype == torch.float32


def test_weights_hash_changes_with_the_weights(model, tmp_path):
    one = checkpoint.save(model, tmp_path / "one", card="")
    before = model_folder.weights_hash(one)
    with torch.no_grad():
        model.network.head.layers[0].bias += 1
    two = checkpoint.save(model, tmp_path / "two", card="")
    assert len(before) == 64
    assert model_folder.weights_hash(two) != before


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(ModelError, match=r"unknown model 'hgrjca.defualt'; did you mean 'hgrjca.default'"):
        model_folder.find("hgrjca.defualt")


def test_folder_without_a_model(tmp_path):
    with pytest.raises(ModelError, match="holds no model"):
        model_folder.find(tmp_path)


def test_weights_that_do_not_fit(model, tmp_path):
    folder = checkpoint.save(model, tmp_path / "m", card="")
    text = (folder / "spec.json").read_text().replace('"levels": 2', '"levels": 3')
    (folder / "spec.json").write_text(text)
    with pytest.raises(ModelError, match="does not fit") as error:
        checkpoint.load(folder)
    assert "\n" not in str(error.value)


def test_broken_weights_file(model, tmp_path):
    folder = checkpoint.save(model, tmp_path / "m", card="")
    files = [folder / model_folder.NETWORK, *(folder / model_folder.ENCODERS).iterdir()]
    assert len(files) == 3
    for path in files:
        whole = path.read_bytes()
        path.write_bytes(b"not weights")
        with pytest.raises(ModelError, match=f"{path.name} does not fit"):
            checkpoint.load(folder)
        path.write_bytes(whole)


def test_models_share_the_encoders_that_lie_beside_them(model, tmp_path):
    """The same encoders twice are one file each; a folder that is moved away says what it lacks."""
    shared = tmp_path / "encoders"
    for name in ("one", "two"):
        checkpoint.save(model, tmp_path / name, card="", encoders=shared)
    assert len(list(shared.iterdir())) == 2
    again = checkpoint.load(tmp_path / "two")
    for ours, theirs in zip(model.encoders.parameters(), again.encoders.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    (tmp_path / "away").mkdir()
    (tmp_path / "two").rename(tmp_path / "away" / "two")
    with pytest.raises(ModelError, match="lacks the weights of its audio encoder: expected .*encoders"):
        checkpoint.load(tmp_path / "away" / "two")


def test_a_model_without_encoders_is_a_checkpoint_too(debug_spec, tmp_path):
    streams = {name: replace(stream, encoder=None) for name, stream in debug_spec.streams.items()}
    bare = AffectModel(replace(debug_spec, streams=streams))
    again = checkpoint.load(checkpoint.save(bare, tmp_path / "m", card=""))
    assert not again.spec.reads_media
    assert not again.encoders
    for ours, theirs in zip(bare.parameters(), again.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_the_embedded_models_fit_in_the_package():
    """One copy of each encoder: the family of four costs little more than one of its models."""
    (root,) = {folder.parent for folder in model_folder.embedded().values()}
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    assert size < 30e6


@pytest.mark.parametrize("name", sorted(model_folder.embedded()))
def test_an_embedded_model_is_complete(name):
    spec = checkpoint.load(name).spec
    assert spec.name == name
    assert set(spec.streams) == set(max(spec.calibration, key=len).split("+"))
    assert model_folder.find(name).joinpath("card.md").read_text().startswith(f"# {name}\n")
    free = {corpus.terms.partition(" (")[0] for corpus in spec.corpora} <= {"CC0", "Apache-2.0", "MIT"}
    assert spec.licence.startswith("MIT" if free else "non-commercial")
    assert free == name.endswith(".open")


def changed(path, change):
    """A file of weights with its floating-point tensors changed."""
    state = load_file(path)
    return save_weights({k: change(v) if v.is_floating_point() else v for k, v in state.items()})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: torch.full_like(v, float("nan")), "no finite numbers"),
        (lambda v: torch.full_like(v, float("inf")), "no finite numbers"),
        (lambda v: v.to(torch.int8), "is int8; expected float32"),
        (lambda v: v.bool(), "is bool; expected float32"),
        (lambda v: v.to(torch.complex64), "is complex64; expected float32"),
    ],
)
@pytest.mark.parametrize("part", ["network", "encoder"])
def test_weights_that_no_training_gives(model, tmp_path, part, change, message):
    folder = checkpoint.save(model, tmp_path / "m", card="")
    if part == "network":
        path = folder / model_folder.NETWORK
        path.write_bytes(changed(path, change))
    else:
        path = next((folder / model_folder.ENCODERS).iterdir())
        content = changed(path, change)
        digest = hashlib.sha256(content).hexdigest()
        path.with_name(f"{digest}.safetensors").write_bytes(content)
        spec = folder / model_folder.SPEC
        spec.write_text(spec.read_text().replace(path.stem, digest))
    with pytest.raises(ModelError, match=message) as error:
        checkpoint.load(folder)
    assert "\n" not in str(error.value)


def test_a_changed_encoder_is_not_the_one_that_was_named(model, tmp_path):
    folder = checkpoint.save(model, tmp_path / "m", card="")
    path = next((folder / model_folder.ENCODERS).iterdir())
    path.write_bytes(changed(path, lambda value: value + 1))
    with pytest.raises(ModelError, match="is not the file that its name says"):
        checkpoint.load(folder)


def test_weights_too_large_for_half_precision_stay_whole(model, tmp_path):
    again = AffectModel(model.spec)
    with torch.no_grad():
        again.network.head.layers[0].bias += 1e6
    loaded = checkpoint.load(checkpoint.save(again, tmp_path / "m", card="", half=True))
    assert torch.equal(loaded.network.head.layers[0].bias, again.network.head.layers[0].bias)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"levels": 2', '"levels": 1000000000', "a network of more than"),
        ('"levels": 2', '"levels": "2"', "levels: Input should be a valid integer"),
        ('"tick_rate": 12.5', '"tick_rate": 25.0', "VoiceNet gives 12.5 features a second; the spec says 25"),
        ('"logmel": "default16k"', '"logmel": "other"', "takes input of preprocessing="),
    ],
)
def test_a_spec_that_asks_for_what_cannot_be(model, tmp_path, old, new, message):
    folder = checkpoint.save(model, tmp_path / "m", card="")
    text = (folder / "spec.json").read_text()
    assert old in text
    (folder / "spec.json").write_text(text.replace(old, new))
    with pytest.raises(ModelError, match=f"spec.json: .*{message}"):
        checkpoint.load(folder)


def test_the_card(model, tmp_path):
    folder = checkpoint.save(model, tmp_path / "m", card="A \x1b[31mred\tcard.\n")
    assert model_folder.read_card(folder) == "A [31mred\tcard.\n"
    (folder / "card.md").write_bytes(b"a\0")
    with pytest.raises(ModelError, match="cannot read the model's card: it holds no text"):
        model_folder.read_card(folder)
    (folder / "card.md").unlink()
    with pytest.raises(ModelError, match="cannot read the model's card"):
        model_folder.read_card(folder)


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_byte_changed_gives_a_model_or_a_line(whole_model, data):
    path = data.draw(st.sampled_from(sorted(p for p in whole_model.rglob("*") if p.is_file())))
    content, fault = path.read_bytes(), ""
    place = data.draw(st.integers(0, min(len(content) - 1, 4000)))  # the head is where the structure is
    rest = content[place + data.draw(st.integers(0, 4)) :]
    try:
        path.write_bytes(content[:place] + data.draw(st.binary(max_size=4)) + rest)
        checkpoint.load(whole_model)
    except ModelError as error:
        fault = str(error)
    finally:
        path.write_bytes(content)
    assert "\n" not in fault


@pytest.fixture(scope="module")
def whole_model(model, tmp_path_factory):
    return checkpoint.save(model, tmp_path_factory.mktemp("m") / "m", card="A card.")

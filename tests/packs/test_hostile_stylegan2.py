"""Hostile StyleGAN2 files of each layout: refused quickly with a typed error, nothing run, nothing written."""

from __future__ import annotations

import argparse
import io
import pickle
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from editor.errors import WeightsError
from editor.packs.convert.describe import describe_file
from editor.packs.convert.layouts import read_stylegan2
from editor.packs.convert.run import Sources, convert_files
from tests.packs.test_hostile import Runs, _deflated, _torch_zip, _touch
from tests.packs.test_stylegan2_files import wide
from tests.reference.network_pickle import (
    Part,
    generator_of,
    module_of,
    network_pickle,
    published_names,
)
from tests.reference.plain_pyramid import checkpoint, encoder_state
from tests.reference.plain_stylegan2 import Plain

MOST_S = 10.0  # of this process, for reading a file four times
Write = Callable[[Path, Path], None]
State = dict[str, Any]


def refused(path: Path, marker: Path) -> None:
    """Assert that nothing takes the file, that it is soon over, and that it leaves no trace."""
    began, before = time.process_time(), sorted(path.parent.iterdir())
    with pytest.raises(WeightsError):
        read_stylegan2(path)
    with pytest.raises(WeightsError):
        describe_file(path)
    for files in ({"generator": path, "encoder": None}, {"generator": None, "encoder": path}):
        sources = Sources("evil", family="stylegan2", **files)
        with pytest.raises(WeightsError):
            list(convert_files(sources, path.parent / "checkpoints", path.parent / "boundaries"))
    assert time.process_time() - began < MOST_S
    assert not marker.exists()
    assert sorted(path.parent.iterdir()) == before


# --- network pickles --------------------------------------------------------------------------------


def _raw(payload: bytes) -> Write:
    return lambda path, marker: path.write_bytes(payload)


def _pickle(thing: Callable[[Path], Any]) -> Write:
    """A pickle whose G_ema is something else."""
    return lambda path, marker: path.write_bytes(network_pickle(thing(marker)))


def _changed(change: Callable[[dict[str, Tensor]], dict[str, Tensor]]) -> Write:
    """A network pickle with other tensors."""

    def write(path: Path, marker: Path) -> None:
        plain = Plain.random()
        state = change(plain.nvidia())
        path.write_bytes(network_pickle(generator_of(plain, state)))

    return write


def _inside(change: Callable[[Part, Path], None]) -> Write:
    """A network pickle with something else among its attributes."""

    def write(path: Path, marker: Path) -> None:
        root = generator_of(Plain.random())
        change(root, marker)
        path.write_bytes(network_pickle(root))

    return write


def _without(name: str) -> Callable[[State], State]:
    return lambda state: {key: value for key, value in state.items() if key != name}


def _storage_bytes(count: int | None = None, dtype: torch.dtype = torch.float32) -> bytes:
    file = io.BytesIO()
    storage = torch.zeros(4, dtype=dtype)._typed_storage()
    torch.save(storage, file, _use_new_zipfile_serialization=False)
    data = file.getvalue()
    return (
        data
        if count is None
        else data.replace(b"K\x04N", b"J" + count.to_bytes(4, "little") + b"N")
    )


class _Bytes:
    """Stands for a storage with bytes of one's own."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __reduce__(self) -> Any:
        return torch.storage._load_from_bytes, (self.data,)


class _Tensor:
    """Stands for a tensor with claims of one's own."""

    def __init__(self, storage: Any, offset: Any, shape: Any, stride: Any) -> None:
        self.call = (storage, offset, shape, stride, False, {})

    def __reduce__(self) -> Any:
        return torch._utils._rebuild_tensor_v2, self.call


def _weight(tensor: Any) -> Write:
    """A network pickle one of whose weights is a stand-in."""

    def change(root: Part, marker: Path) -> None:
        made = tensor(marker) if callable(tensor) else tensor
        root._modules["synthesis"]._modules["b8"]._modules["conv1"]._parameters["weight"] = made

    return _inside(change)


def _inner(marker: Path, **options: Any) -> _Tensor:
    """A storage whose bytes would run something."""
    file = io.BytesIO()
    torch.save(_touch(marker), file, **options)
    return _Tensor(_Bytes(file.getvalue()), 0, (1,), (1,))


def _laughing(root: Part, marker: Path) -> None:
    """Ten modules ten deep, each of them ten times the one below: ten billion."""
    below = Part("Leaf")
    for _ in range(10):
        above = Part("Level")
        above._modules.update({str(i): below for i in range(10)})
        below = above
    root._modules["laughs"] = below


def _cyclic(path: Path, marker: Path) -> None:
    """A module among its own modules, which only a pickle written by hand can be."""

    def text(value: str) -> bytes:
        return b"X" + len(value).to_bytes(4, "little") + value.encode()

    tables = text("_parameters") + b"}" + text("_buffers") + b"}" + text("_modules") + b"}q\x01"
    facts = text("type") + text("class") + text("class_name") + text("Generator") + text("state")
    made = b"ctorch_utils.persistence\n_reconstruct_persistent_obj\n"
    made += b"}(" + facts + b"}(" + tables + b"uu\x85Rq\x02"
    inside = b"h\x01" + text("inside") + b"h\x02s0"
    path.write_bytes(b"\x80\x03}" + text("G_ema") + made + inside + b"s.")


def _deep_key() -> bytes:
    return b"\x80\x03}" + b")" + b"\x85" * 900_000 + b"K\x01s."


def _attribute(name: str, value: Any) -> Callable[[Part, Path], None]:
    return lambda root, marker: root.__dict__.update({name: value})


def _code_attribute(root: Part, marker: Path) -> None:
    root.__dict__["hook"] = _touch(marker)


def _number(part: str, name: str, value: Any) -> Callable[[Part, Path], None]:
    return lambda root, marker: root.get_submodule(part).__dict__.update({name: value})


PICKLES: dict[str, Write] = {
    "os.system": _pickle(_touch),
    "os.system in a module": _inside(_code_attribute),
    "eval": _pickle(lambda marker: Runs(eval, f"open({str(marker)!r}, 'w')")),
    "exec": _pickle(lambda marker: Runs(exec, f"open({str(marker)!r}, 'w')")),
    "subprocess": _raw(b"\x80\x03csubprocess\nPopen\nX\x02\x00\x00\x00ls\x85R."),
    "getattr": _raw(b"\x80\x03cbuiltins\ngetattr\n."),
    "torch.load": _raw(b"\x80\x03ctorch\nload\nX\x01\x00\x00\x00x\x85R."),
    "a pickle in a pickle": _raw(b"\x80\x03c_pickle\nloads\nC\x02\x80\x02\x85R."),
    "a dotted name": _raw(
        b"\x80\x04\x8c\x17torch_utils.persistence\x8c\x2d_reconstruct_persistent_obj.__globals__.get.a\x93."
    ),
    "code in a storage": _weight(_inner),
    "code in a legacy storage": _weight(
        lambda marker: _inner(marker, _use_new_zipfile_serialization=False)
    ),
    "a storage of more than it says": _weight(
        _Tensor(_Bytes(_storage_bytes() + b"\0\0\0\0"), 0, (4,), (1,))
    ),
    "a storage of two billion": _weight(_Tensor(_Bytes(_storage_bytes(2**31 - 1)), 0, (4,), (1,))),
    "a storage that is empty": _weight(_Tensor(_Bytes(b""), 0, (4,), (1,))),
    "a storage of another type": _weight(
        _Tensor(_Bytes(_storage_bytes(dtype=torch.complex64)), 0, (4,), (1,))
    ),
    "one value as a trillion": _weight(
        _Tensor(_Bytes(_storage_bytes()), 0, (10**6, 10**6), (0, 0))
    ),
    "a tensor past its storage": _weight(_Tensor(_Bytes(_storage_bytes()), 3, (4,), (1,))),
    "a tensor before its storage": _weight(_Tensor(_Bytes(_storage_bytes()), -3, (4,), (1,))),
    "a negative stride": _weight(_Tensor(_Bytes(_storage_bytes()), 0, (4,), (-1,))),
    "a hundred dimensions": _weight(_Tensor(_Bytes(_storage_bytes()), 0, (1,) * 100, (1,) * 100)),
    "a text as shape": _weight(_Tensor(_Bytes(_storage_bytes()), 0, "shape", "stride")),
    "a number as weight": _weight(5),
    "itself inside": _cyclic,
    "a billion modules": _inside(_laughing),
    "a deep list": _raw(b"\x80\x02" + b"]" * 500_000 + b"a" * 499_999 + b"."),
    "a deep key": _raw(_deep_key()),
    "a memo of two billion": _raw(b"\x80\x02K\x01r\xff\xff\xff\x7f" + b"j\xfe\xff\xff\x7f."),
    "a text of four gigabytes": _raw(b"\x80\x02X\xff\xff\xff\xff."),
    "an array of a terabyte": _raw(b"\x80\x05\x96\x00\x00\x00\x00\x00\x01\x00\x00."),
    "ten million steps": _raw(b"\x80\x02]" + b"K\x01a" * 5_000_000 + b"."),
    "an extension code": _raw(b"\x80\x02\x82\x01."),
    "a persistent id": _raw(b"\x80\x02X\x01\x00\x00\x00xQ."),
    "an instance": _raw(b"\x80\x02(cos\nsystem\nX\x02\x00\x00\x00lso."),
    "a state for a function": _raw(b"\x80\x02ctorch._utils\n_rebuild_parameter\n}b."),
    "truncated": lambda path, marker: path.write_bytes(
        network_pickle(generator_of(Plain.random()))[:-5000]
    ),
    "no G_ema": _raw(pickle.dumps({"G": 1, "D": 2}, 3)),
    "G_ema of tensors": _pickle(lambda marker: {"weight": torch.zeros(2)}),
    "another network": _pickle(lambda marker: module_of({"b4.conv.weight": torch.zeros(2)})),
    "a missing weight": _changed(_without("synthesis.b16.conv1.weight")),
    "an unknown weight": _changed(lambda s: s | {"synthesis.b16.skip.weight": torch.zeros(2)}),
    "a shape": _changed(lambda s: s | {"synthesis.b16.conv1.bias": torch.zeros(5)}),
    "not finite": _changed(
        lambda s: s | {"synthesis.b16.conv1.bias": torch.full((24,), torch.nan)}
    ),
    "whole numbers": _changed(
        lambda s: s | {"synthesis.b16.conv1.noise_strength": torch.tensor(1)}
    ),
    "a mean of another shape": _changed(lambda s: s | {"mapping.w_avg": torch.zeros(3)}),
    "another filter": _changed(lambda s: s | {"synthesis.b8.resample_filter": torch.ones(4, 4)}),
    "a filter of nothing": _changed(
        lambda s: s | {"synthesis.b8.resample_filter": torch.zeros(4, 4)}
    ),
    "grey pictures": _changed(
        lambda s: s | {"synthesis.b32.torgb.weight": torch.zeros(1, 16, 1, 1)}
    ),
    "4096 px": _changed(lambda s: s | {"synthesis.b4096.conv1.weight": torch.zeros(1, 1, 3, 3)}),
    "ninety layers": _changed(lambda s: s | {"mapping.fc90.weight": torch.zeros(16, 16)}),
    "an empty weight": _changed(lambda s: s | {"synthesis.b4.const": torch.zeros(0, 4, 4)}),
    "conditional": _inside(_attribute("c_dim", 3)),
    "another activation": _inside(_number("mapping.fc0", "activation", "relu")),
    "a limit that is no number": _inside(_number("synthesis.b4.conv1", "conv_clamp", float("nan"))),
    "a rate that is a text": _inside(_number("mapping.fc0", "bias_gain", "0.01")),
    "a module that is a text": _inside(lambda root, marker: root._modules.update(mapping="text")),
    "a web page": _raw(b"<html>Quota exceeded</html>"),
    "nothing": _raw(b""),
}


@pytest.mark.parametrize("name", sorted(PICKLES))
def test_hostile_network_pickles(name: str, tmp_path: Path) -> None:
    path, marker = tmp_path / "network.pkl", tmp_path / "marker"
    PICKLES[name](path, marker)
    refused(path, marker)


def test_the_source_in_a_pickle_never_runs(tmp_path: Path) -> None:
    """A sound network whose source would do something is read; an ordinary reader runs it."""
    marker = tmp_path / "marker"
    source = f"open({str(marker)!r}, 'w').close()"
    data = network_pickle(generator_of(Plain.random(), source=source))
    (tmp_path / "g.pkl").write_bytes(data)
    assert read_stylegan2(tmp_path / "g.pkl").generator.resolution == 32
    assert not marker.exists()
    with published_names():
        pickle.loads(data)
    assert marker.exists()


# --- checkpoints of torch ---------------------------------------------------------------------------


def _legacy(thing: Any, path: Path) -> None:
    torch.save(thing, path, _use_new_zipfile_serialization=False)


def _network(state: State) -> torch.nn.Module:
    return torch.nn.Linear(2, 2)


def _fewer(state: State) -> State:
    return state | {"conv1.activate.bias": torch.zeros(1).expand(10**6, 10**6)}


def _weights(name: str, value: Any) -> Callable[[State], State]:
    return lambda state: state | {name: value}


def _many_convs(state: State) -> State:
    return state | {f"convs.{i}.activate.bias": torch.zeros(2) for i in range(10, 60)}


TENSORS: dict[str, Callable[[State], Any]] = {
    "a list": lambda s: list(s.values()),
    "a whole network": _network,
    "numbers": lambda s: {"conv1.conv.weight": 1.0},
    "numbers as names": lambda s: {1: torch.zeros(2)},
    "empty": lambda s: {},
    "sparse": _weights("conv1.activate.bias", torch.zeros(3, 3).to_sparse()),
    "fewer values than claimed": _fewer,
    "a missing weight": _without("convs.1.conv.weight"),
    "no noise": _without("noises.noise_2"),
    "an unknown weight": _weights("convs.1.conv.extra", torch.zeros(1)),
    "a shape": _weights("convs.1.activate.bias", torch.zeros(5)),
    "not finite": _weights("input.input", torch.full((1, 12, 4, 4), torch.inf)),
    "whole numbers": _weights("conv1.noise.weight", torch.tensor([1])),
    "complex numbers": _weights("conv1.noise.weight", torch.tensor([1j])),
    "another filter": _weights("convs.0.conv.blur.kernel", torch.eye(4)),
    "a filter of another size": _weights("convs.0.conv.blur.kernel", torch.ones(3, 3)),
    "layers by the dozen": _many_convs,
    "a layer too few": lambda s: {k: v for k, v in s.items() if not k.startswith("convs.7.")},
    "no mapping": lambda s: {k: v for k, v in s.items() if not k.startswith("style.")},
    "grey pictures": _weights("to_rgbs.3.conv.weight", torch.zeros(1, 1, 8, 1, 1)),
    "two sets of weights": _weights("convs.1.conv.weight", torch.zeros(2, 12, 12, 3, 3)),
    "the mapping of another": _weights("style.8.weight", torch.zeros(7, 128)),
    "an empty weight": _weights("style.1.weight", torch.zeros(0, 0)),
}


def _files(
    whole: Callable[[Any], dict[str, Any]],
) -> dict[str, Write]:
    """Attacks on the file itself, in a checkpoint of which `whole` makes all but the tensors."""

    def saved(change: Callable[[State, Path], Any], legacy: bool = False) -> Write:
        def write(path: Path, marker: Path) -> None:
            found = whole(change(wide().rosinality(), marker))
            (_legacy if legacy else torch.save)(found, path)

        return write

    def extra(make: Callable[[Path], Any], legacy: bool = False) -> Write:
        def write(path: Path, marker: Path) -> None:
            found = {**whole(wide().rosinality()), "more": make(marker)}
            (_legacy if legacy else torch.save)(found, path)

        return write

    def cut(legacy: bool) -> Write:
        def write(path: Path, marker: Path) -> None:
            saved(lambda state, _: state, legacy)(path, marker)
            path.write_bytes(path.read_bytes()[:-3000])

        return write

    def trick(path: Path, marker: Path) -> None:
        file = io.BytesIO()
        torch.save(_touch(marker), file)
        inner = Runs(torch.storage._load_from_bytes, file.getvalue())
        path.write_bytes(_torch_zip(pickle.dumps(whole({"weight": inner}), 2)))

    def renamed(path: Path, marker: Path) -> None:
        """Entries that would lie elsewhere if a reader unpacked them."""
        saved(lambda state, _: state)(path, marker)
        with zipfile.ZipFile(path) as old:
            entries = [(info.filename, old.read(info)) for info in old.infolist()]
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as new:
            for name, data in entries:
                new.writestr("../" * 3 + name.replace("data.pkl", "../marker"), data)

    def link(path: Path, marker: Path) -> None:
        """A link to a device that never ends."""
        path.symlink_to("/dev/zero")

    def namespace(marker: Path) -> argparse.Namespace:
        return argparse.Namespace(size=64, hook=_touch(marker))

    def deep(marker: Path) -> Any:
        found: list[Any] = []
        for _ in range(300):
            found = [found]
        return found

    return {
        "os.system": extra(_touch),
        "os.system, legacy": extra(_touch, legacy=True),
        "os.system among the tensors": saved(lambda s, m: s | {"weight": _touch(m)}),
        "os.system among the options": extra(namespace),
        "os.system among the options, legacy": extra(namespace, legacy=True),
        "eval": extra(lambda m: Runs(eval, f"open({str(m)!r}, 'w')")),
        "a storage": trick,
        "another class": extra(lambda m: Plain.random()),
        "a path": extra(lambda m: m),
        "a zip bomb": _deflated,
        "names that lead elsewhere": renamed,
        "a link to a device": link,
        "truncated zip": cut(False),
        "truncated legacy": cut(True),
        "deep and then code": extra(lambda m: [deep(m), _touch(m)]),
        "a folder": lambda path, marker: path.mkdir(),
        "nothing": lambda path, marker: path.write_bytes(b""),
        "a list": lambda path, marker: torch.save([1], path),
        "nothing that is known": lambda path, marker: torch.save({"net": {}}, path),
        **{
            f"tensors: {name}": saved(lambda s, m, change=change: change(s))
            for name, change in TENSORS.items()
        },
    }


def _of_rosinality(tensors: Any, mean: Any = None) -> dict[str, Any]:
    return {"g_ema": tensors, "latent_avg": torch.zeros(128) if mean is None else mean}


def _mean(value: Any) -> Write:
    return lambda path, marker: torch.save(_of_rosinality(wide().rosinality(), value), path)


ROSINALITY = _files(_of_rosinality) | {
    "a mean of another shape": _mean(torch.zeros(7)),
    "a mean that is a text": _mean("mean"),
    "a mean that is not finite": _mean(torch.full((128,), torch.nan)),
}


@pytest.mark.parametrize("name", sorted(ROSINALITY))
def test_hostile_checkpoints(name: str, tmp_path: Path) -> None:
    path, marker = tmp_path / "checkpoint.pt", tmp_path / "marker"
    ROSINALITY[name](path, marker)
    refused(path, marker)


def _pyramid(tensors: Any, kind: str = "Encoder4Editing", **more: Any) -> dict[str, Any]:
    """A checkpoint of pSp with a decoder of one's own, which may be something else."""
    whole = checkpoint({}, encoder_state(10), kind, torch.zeros(10, 128))
    state: Any = whole["state_dict"]
    if isinstance(tensors, dict):
        state = state | {f"decoder.{k}": v for k, v in tensors.items()}
    else:
        state = tensors
    return {**whole, "state_dict": state, **more}


def _encoder(change: Callable[[State], State]) -> Write:
    def write(path: Path, marker: Path) -> None:
        decoder = wide().rosinality()
        made = checkpoint(
            decoder, change(encoder_state(10)), "Encoder4Editing", torch.zeros(10, 128)
        )
        torch.save(made, path)

    return write


def _said(**more: Any) -> Write:
    return lambda path, marker: torch.save(_pyramid(wide().rosinality(), **more), path)


PSP = _files(_pyramid) | {
    "no options": _said(opts=None),
    "options that are a list": _said(opts=[1]),
    "another encoder": _said(opts={"encoder_type": "BackboneEncoderUsingLastLayerIntoW"}),
    "an encoder that is a number": _said(opts={"encoder_type": 7}),
    "no mean": _said(latent_avg=None),
    "a mean of another shape": _said(latent_avg=torch.zeros(9, 128)),
    "encoder: empty": _encoder(lambda s: {}),
    "encoder: of drawings": _encoder(_weights("input_layer.0.weight", torch.zeros(16, 19, 3, 3))),
    "encoder: wider": _encoder(_weights("input_layer.0.weight", torch.zeros(64, 3, 3, 3))),
    "encoder: a head too few": _encoder(
        lambda s: {k: v for k, v in s.items() if not k.startswith("styles.9.")}
    ),
    "encoder: a hundred heads": _encoder(_weights("styles.99.linear.bias", torch.zeros(128))),
    "encoder: a missing unit": _encoder(_without("body.7.res_layer.1.weight")),
    "encoder: a unit too many": _encoder(_weights("body.24.res_layer.1.weight", torch.zeros(1))),
    "encoder: a shape": _encoder(_weights("latlayer1.bias", torch.zeros(3))),
    "encoder: not finite": _encoder(_weights("latlayer1.bias", torch.full((128,), torch.nan))),
    "encoder: whole numbers": _encoder(_weights("latlayer1.bias", torch.zeros(128).long())),
}


@pytest.mark.parametrize("name", sorted(PSP))
def test_hostile_encoders(name: str, tmp_path: Path) -> None:
    path, marker = tmp_path / "encoder.pt", tmp_path / "marker"
    PSP[name](path, marker)
    refused(path, marker)


def test_the_attacks_would_work_on_an_ordinary_reader(tmp_path: Path) -> None:
    """Otherwise the cases above prove nothing."""
    path, marker = tmp_path / "file", tmp_path / "marker"
    for attacks, name in (
        (PICKLES, "os.system in a module"),
        (PICKLES, "code in a storage"),
        (ROSINALITY, "os.system among the options"),
        (PSP, "os.system among the options, legacy"),
    ):
        attacks[name](path, marker)
        # what runs is no storage, which is found out too late
        with published_names(), suppress(AttributeError):
            if attacks is PICKLES:
                pickle.loads(path.read_bytes())
            else:
                torch.load(path, weights_only=False)
        assert marker.exists(), name
        marker.unlink()

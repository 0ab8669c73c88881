"""Pickles read as data: plain values and named stand-ins, nothing else, within limits of steps and bytes.

Every opcode is on a list, every name is on the caller's list, and what a name stands for is one of
the caller's own functions. Nothing that a pickle names is imported or called. What a call may copy is
charged before it is made, and keys are short, so that no small file costs much memory or time.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

MAX_STEPS = 500_000
MAX_COPIED = 128 * 2**20  # bytes that all calls of a pickle may make
CALL, ENTRY = 256, 8  # bytes of what a call makes, and of each entry that it takes over
MAX_KEY, MAX_KEY_BITS = 4096, 64
Names = Mapping[tuple[str, str], Callable[..., Any]]

# what pickles of protocols 2 to 4 write of plain data, tensors and objects
OPCODES = (
    *(pickle.PROTO, pickle.FRAME, pickle.MARK, pickle.STOP, pickle.POP),
    *(pickle.NONE, pickle.NEWTRUE, pickle.NEWFALSE, pickle.BINFLOAT),
    *(pickle.BININT, pickle.BININT1, pickle.BININT2, pickle.LONG1),
    *(pickle.BINUNICODE, pickle.SHORT_BINUNICODE, pickle.BINUNICODE8),
    *(pickle.BINSTRING, pickle.SHORT_BINSTRING),
    *(pickle.BINBYTES, pickle.SHORT_BINBYTES, pickle.BINBYTES8),
    *(pickle.EMPTY_TUPLE, pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3, pickle.TUPLE),
    *(pickle.EMPTY_LIST, pickle.APPEND, pickle.APPENDS),
    *(pickle.EMPTY_DICT, pickle.SETITEM, pickle.SETITEMS, pickle.EMPTY_SET, pickle.ADDITEMS),
    *(pickle.BINGET, pickle.LONG_BINGET, pickle.BINPUT, pickle.LONG_BINPUT, pickle.MEMOIZE),
    *(pickle.GLOBAL, pickle.STACK_GLOBAL, pickle.REDUCE, pickle.NEWOBJ, pickle.BUILD),
    pickle.BINPERSID,
)


class Refused(pickle.UnpicklingError):
    """A pickle holds what is not read, for a reason that a person should be told."""


def refuse(*_: Any) -> Any:
    """Stand in for what has no meaning here.

    Raises:
        Refused: always.
    """
    raise Refused("it refers to something outside")


class InertUnpickler(pickle._Unpickler):  # type: ignore[name-defined,misc]
    """Reads one pickle from a file.

    Args:
        file: at the pickle's beginning, in memory, so that no length in it costs more than is there.
        names: what a (module, name) stands for: a function of the arguments that the pickle gives.
        persistent: of what a persistent id stands for.
        steps: how many opcodes it may have.
        copied: how many bytes its calls may make.

    Raises:
        Refused: when it loads, and what is there is not read or more than the limits.
    """

    stack: list[Any]
    pop_mark: Callable[[], list[Any]]

    def __init__(
        self,
        file: BinaryIO,
        names: Names,
        persistent: Callable[[Any], Any] = refuse,
        steps: int = MAX_STEPS,
        copied: int = MAX_COPIED,
    ) -> None:
        super().__init__(file)
        self._names, self._persistent = names, persistent
        self._known = {id(stand_in) for stand_in in names.values()}
        self._steps = self._left = steps
        self._copied = self._bytes_left = copied

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self._names[module, name]
        except KeyError:
            raise Refused(f"it asks for {module}.{name}"[:200]) from None

    def persistent_load(self, pid: Any) -> Any:
        return self._persistent(pid)

    def _reduce(self) -> None:
        args = self.stack.pop()
        made_by = self.stack[-1]
        if id(made_by) not in self._known or type(args) is not tuple:
            raise Refused("it calls something that is not on the list")
        self._charge(args)
        self.stack[-1] = made_by(*args)

    def _charge(self, args: tuple[Any, ...]) -> None:
        """Count what a call of these arguments can copy: texts, and the entries of lists."""
        cost = CALL + ENTRY * len(args)
        for given in args:
            if type(given) is str:
                cost += len(given)
            elif type(given) in (list, tuple):
                cost += ENTRY * len(given)
        self._bytes_left -= cost
        if self._bytes_left < 0:
            raise Refused(f"its calls would make more than {self._copied // 2**20} MB")

    def _build(self) -> None:
        """Keep the state of a stand-in, and drop that of a dictionary."""
        state = self.stack.pop()
        made = self.stack[-1]
        if isinstance(made, StandIn):
            made.state = state
        elif type(made) is not dict:
            raise Refused("it gives a state to something that has none")

    def _keyed(self, keys: list[Any]) -> None:
        """Refuse keys but short texts and numbers, which cost nothing to hash and to compare."""
        if not all(
            (type(key) is str and len(key) <= MAX_KEY)
            or (type(key) is int and key.bit_length() <= MAX_KEY_BITS)
            for key in keys
        ):
            raise Refused("a dictionary or set has other keys than short texts and numbers")

    def _setitems(self) -> None:
        items = self.pop_mark()
        self._keyed(items[::2])
        self._dict().update(zip(items[::2], items[1::2], strict=True))

    def _setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._keyed([key])
        self._dict()[key] = value

    def _dict(self) -> dict[Any, Any]:
        found = self.stack[-1]
        if type(found) is not dict:
            raise Refused("it fills something that is no dictionary")
        return found

    def _additems(self) -> None:
        items = self.pop_mark()
        self._keyed(items)
        found = self.stack[-1]
        if type(found) is not set:
            raise Refused("it fills something that is no set")
        found.update(items)

    def _appends(self) -> None:
        items = self.pop_mark()
        self._list().extend(items)

    def _append(self) -> None:
        value = self.stack.pop()
        self._list().append(value)

    def _list(self) -> list[Any]:
        found = self.stack[-1]
        if type(found) is not list:
            raise Refused("it fills something that is no list")
        return found

    def _step(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise Refused(f"it has more than {self._steps} steps")


class StandIn:
    """Stands in for an object: keeps what it was made of, and the state that it was given."""

    def __init__(self, *args: Any) -> None:
        self.args = args
        self.state: Any = None


def _counted(work: Callable[[Any], None]) -> Callable[[Any], None]:
    def step(unpickler: InertUnpickler) -> None:
        unpickler._step()
        work(unpickler)

    return step


class _Opcodes(dict[int, Callable[[Any], None]]):
    """What each opcode does; one that is not here is refused."""

    def __missing__(self, code: int) -> Callable[[Any], None]:
        raise Refused("it holds what is no plain data")


def _dispatch() -> dict[int, Callable[[Any], None]]:
    ours = {
        pickle.REDUCE: InertUnpickler._reduce,
        pickle.NEWOBJ: InertUnpickler._reduce,
        pickle.BUILD: InertUnpickler._build,
        pickle.SETITEM: InertUnpickler._setitem,
        pickle.SETITEMS: InertUnpickler._setitems,
        pickle.ADDITEMS: InertUnpickler._additems,
        pickle.APPEND: InertUnpickler._append,
        pickle.APPENDS: InertUnpickler._appends,
    }
    theirs = pickle._Unpickler.dispatch  # type: ignore[attr-defined]
    return _Opcodes({code[0]: _counted(ours.get(code, theirs[code[0]])) for code in OPCODES})


InertUnpickler.dispatch = _dispatch()

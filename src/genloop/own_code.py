"""What a class of the user's own does, as a digest: its code and what that refers to, as they are in memory.

Code is read as Python has compiled it. So a method that was replaced after its class was defined counts as replaced,
a file that was edited after it was imported does not count yet, and comments, docstrings and layout never count.
Whatever lies in the user's own modules is followed: bases, functions, classes, constants, closures, defaults, imports
inside functions. Of genloop's classes the versions count; of Python's and of installed packages only the names.
Not seen: what is found under a name that is put together while the code runs.
"""

import linecache
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from dis import get_instructions
from enum import Enum
from functools import cached_property, lru_cache, partial, partialmethod
from hashlib import sha256
from importlib import import_module
from importlib.util import resolve_name
from inspect import isroutine, unwrap
from sys import intern
from types import CellType, CodeType, FunctionType, GetSetDescriptorType, MemberDescriptorType, MethodType, ModuleType
from typing import Any, NamedTuple

from genloop.looks import Looks, remembered
from genloop.own_modules import is_own, module_name
from genloop.state import state

KIND_FLAGS = 0xFFF  # of a function; higher ones tell of docstrings and annotations
WRITTEN_BY_DATACLASS = {
    f"__{name}__" for name in ("init", "repr", "eq", "hash", "lt", "le", "gt", "ge", "setattr", "delattr", "replace")
}
ABOUT_PLACES = ("__doc__", "__firstlineno__")  # what a class says of itself and where it stands


@remembered
def code_digest(kind: type, looks: Looks) -> str | None:
    """Return the SHA-256 of what a class does, as hexadecimal digits; None where its source cannot be read."""
    return _Reader(kind, looks).read(kind) if _has_source(kind) else None


@remembered
def is_changed(kind: type, looks: Looks) -> bool:
    """Whether a function of another module of the user's own has been put into a class or one of its bases."""
    for base in kind.__mro__:
        looks.see(vars(base).values)
    return any(
        _top(module := function.__globals__.get("__name__", "")) != _top(base.__module__) and is_own(module)
        for base in kind.__mro__
        for _, function in _functions(base)
    )


def shipped_versions(kind: type) -> dict[str, Any]:
    """Return the versions of those bases of a class that are genloop's, by name."""
    return {
        base.__name__: vars(base)["version"]
        for base in kind.__mro__[1:]
        if _top(base.__module__) == "genloop" and "version" in vars(base)
    }


def _top(module: str) -> str:
    return module.partition(".")[0]


def _has_source(kind: type) -> bool:
    return all(_is_readable(base) for base in kind.__mro__ if base is kind or is_own(base.__module__))


def _is_readable(kind: type) -> bool:
    """Whether the source of the functions that a class adds to its bases can be read, where it adds any."""
    functions = [function for name, function in _functions(kind) if not _is_generated(kind, name, function)]
    if functions:
        return any(linecache.getlines(function.__code__.co_filename) for function in functions)
    return not any(isroutine(member) for name, member in vars(kind).items() if _counts(kind, name, member))


def _functions(kind: type) -> Iterator[tuple[str, FunctionType]]:
    for name, member in vars(kind).items():
        inner = [getattr(member, place) for place in ("__func__", "func", "fget") if hasattr(member, place)]
        function = unwrap(inner[0] if inner else member)
        if isinstance(function, FunctionType):
            yield name, function


def _is_generated(kind: type, name: str, function: FunctionType) -> bool:
    return is_dataclass(kind) and name in WRITTEN_BY_DATACLASS and function.__code__.co_filename == "<string>"


class _Code(NamedTuple):
    """What compiled code says by itself, nested code included.

    Attributes:
        text: its instructions.
        variables: names of what it takes from its module.
        attributes: all other names in it.
        imports: level, names and module of each import in it.
    """

    text: str
    variables: frozenset[str]
    attributes: frozenset[str]
    imports: tuple[tuple[int, tuple[str, ...], str], ...]


@lru_cache(maxsize=10_000)
def _code(code: CodeType) -> _Code:
    lines: list[str] = [
        repr((code.co_argcount, code.co_kwonlyargcount, code.co_flags & KIND_FLAGS, code.co_exceptiontable))
    ]
    variables, attributes, imports = set[str](), set(code.co_names), list[tuple[int, tuple[str, ...], str]]()
    values: list[Any] = []
    for instruction in get_instructions(code):
        name, value = instruction.opname, instruction.argval
        if name == "STORE_NAME" and value in ABOUT_PLACES:
            lines.pop()
            continue
        if name == "IMPORT_NAME":
            imports.append((values[-2], tuple(values[-1] or ()), value))
        if name in ("LOAD_GLOBAL", "LOAD_NAME"):
            variables.add(value)
        if isinstance(value, CodeType):
            inner = _code(value)
            variables |= inner.variables
            attributes |= inner.attributes
            imports += inner.imports
            value = inner.text
        values.append(value)
        lines.append(f"{name} {_plain(value)}")
    return _Code("\n".join(lines), frozenset(variables), frozenset(attributes), tuple(imports))


def _plain(value: Any) -> str:
    """Return the text of a constant; that of a set does not depend on its order."""
    if isinstance(value, frozenset):
        return f"frozenset({sorted(map(_plain, value))})"
    return f"({', '.join(map(_plain, value))})" if isinstance(value, tuple) else repr(value)


class _Reader:
    """Reads one class and all that it refers to.

    Each thing becomes a digest of what it consists of; where things refer to each other in a circle, a name closes it.
    """

    def __init__(self, root: type, looks: Looks) -> None:
        self._root = root
        self._see = looks.see
        self._home = _top(root.__module__)
        self._known: dict[int, tuple[Any, str]] = {}  # with the thing itself, as the place of a dead one is used again

    def read(self, thing: Any) -> str:
        """Return the digest of anything."""
        if thing is None or isinstance(thing, bool | int | float | complex | str | bytes):
            return repr(thing)
        if id(thing) not in self._known:
            self._known[id(thing)] = thing, _name(thing)
            text = repr(self._parts(thing))
            self._known[id(thing)] = thing, sha256(text.encode(errors="surrogatepass")).hexdigest()
        return self._known[id(thing)][1]

    def _parts(self, thing: Any) -> Any:
        match thing:
            case FunctionType():
                return self._function(thing)
            case type():
                return self._class(thing)
            case MethodType():
                return "method", self.read(thing.__func__), self.read(thing.__self__)
            case staticmethod() | classmethod():
                return type(thing).__name__, self.read(thing.__func__)
            case property():
                return "property", *map(self.read, (thing.fget, thing.fset, thing.fdel))
            case cached_property():
                return "cached_property", self.read(thing.func)
            case partial() | partialmethod():
                return "partial", *map(self.read, (thing.func, thing.args, thing.keywords))
            case _ if callable(inner := getattr(thing, "__wrapped__", None)):
                return _name(thing), self.read(inner)
            case _:
                return self._value(thing)

    def _value(self, thing: Any) -> Any:
        if isinstance(thing, Enum):
            return self.read(type(thing)), thing.name
        if isinstance(thing, Mapping):
            self._see(lambda: (*thing, *thing.values()))
            return "mapping", [(self.read(key), self.read(value)) for key, value in thing.items()]
        if isinstance(thing, list | tuple):
            return type(thing).__name__, [*map(self.read, self._see(lambda: thing))]
        if isinstance(thing, set | frozenset):
            return "set", sorted(map(self.read, self._see(lambda: thing)))
        if isinstance(thing, ModuleType):
            return "module", module_name(thing.__name__)
        if self._is_own(type(thing).__module__):
            self._see(lambda: state(thing).values())
            return self.read(type(thing)), self.read(state(thing))
        return _name(thing), *self._see(lambda: (intern(_text(thing)),))

    def _function(self, function: FunctionType) -> Any:
        self._see(lambda: (function.__code__, function.__defaults__, function.__kwdefaults__))
        closure = [[*map(self.read, self._see(partial(_contents, cell)))] for cell in function.__closure__ or ()]
        if not self._is_own(function.__globals__.get("__name__", "")):
            return _name(function), closure
        code = _code(function.__code__)
        defaults = self.read(function.__defaults__), self.read(function.__kwdefaults__)
        variables = sorted(code.variables)
        found = dict(zip(variables, self._see(lambda: map(function.__globals__.get, variables)), strict=True))
        found |= {module.__name__: module for module in self._imported(code, function)}
        return code.text, defaults, closure, list(self._references(found, code.attributes))

    def _references(self, things: Mapping[str, Any], attributes: frozenset[str]) -> Iterator[tuple[str, str]]:
        """Iterate over names and digests of what code refers to; of a module, what the code may take from it."""
        for name, thing in things.items():
            yield name, self.read(thing)
            if isinstance(thing, ModuleType) and self._is_own(thing.__name__):
                yield from self._references(
                    self._inside(thing, name, attributes), attributes - {name.rpartition(".")[2]}
                )

    def _inside(self, module: ModuleType, name: str, attributes: Iterable[str]) -> Mapping[str, Any]:
        names = sorted(attributes)
        things = self._see(lambda: map(vars(module).get, names))
        return {f"{name}.{each}": thing for each, thing in zip(names, things, strict=True) if thing is not None}

    def _imported(self, code: _Code, function: FunctionType) -> Iterator[ModuleType]:
        """Iterate over the user's own modules that code imports when it runs."""
        for level, names, module in code.imports:
            full = resolve_name("." * level + module, function.__globals__.get("__package__") or "")
            if found := self._module(full):
                for name in names:
                    _ = name in vars(found) or self._module(f"{full}.{name}")  # then it is in there, too
                yield found

    def _module(self, name: str) -> ModuleType | None:
        """Return a module of the user's own; None if it is none, or cannot be imported."""
        try:
            return import_module(name) if self._is_own(name) else None
        except Exception:  # whatever the user's module raises, it will raise again when the code runs
            return None

    def _class(self, kind: type) -> Any:
        if kind is not self._root and not self._is_own(kind.__module__):
            return _name(kind), *map(repr, self._see(lambda: (vars(kind).get("version"),)))
        self._see(lambda: (*vars(kind), *vars(kind).values()))
        members = [
            (name, self.read(member)) for name, member in sorted(vars(kind).items()) if _counts(kind, name, member)
        ]
        defaults = [(field.name, self.read((field.default, field.default_factory))) for field in _fields(kind)]
        return _name(kind), members, defaults, [self.read(base) for base in (type(kind), *kind.__mro__[1:])]

    def _is_own(self, module: str) -> bool:
        return is_own(module) or (_top(module) == self._home != "genloop")


def _fields(kind: type) -> tuple[Any, ...]:
    return fields(kind) if is_dataclass(kind) else ()


def _counts(kind: type, name: str, member: Any) -> bool:
    """Whether a member of a class is part of what it does."""
    if isinstance(member, GetSetDescriptorType | MemberDescriptorType) or name == "_abc_impl":
        return False
    function = unwrap(member) if callable(member) else None
    if isinstance(function, FunctionType):
        return not _is_generated(kind, name, function)
    return not (name.startswith("__") and name.endswith("__")) or isinstance(member, classmethod)


def _contents(cell: CellType) -> tuple[Any, ...]:
    """Return what a closure holds in one of its cells; nothing if that is not filled yet."""
    try:
        return (cell.cell_contents,)
    except ValueError:
        return ()


def _text(thing: Any) -> str:
    """Return a digest of how a value is written; of an array, of all its elements."""
    is_array = hasattr(thing, "__array__") and hasattr(thing, "tolist")
    text = repr((str(thing.dtype), thing.tolist())) if is_array else repr(thing)
    return sha256(b"" if " at 0x" in text else text.encode()).hexdigest()  # a place is another one in every process


def _name(thing: Any) -> str:
    kind = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{module_name(str(getattr(kind, '__module__', '')))}:{kind.__qualname__}"

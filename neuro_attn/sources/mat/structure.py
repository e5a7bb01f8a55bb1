"""Structure of MATLAB files of version 5, checked before SciPy reads them.

SciPy's reader is compiled code that trusts the types, the nesting and the indices in a file: a
damaged one ends the process instead of raising an exception. We therefore follow the elements of a
variable in the order in which SciPy reads them, without their values, and raise `ValueError` at the
first that no program writes. Files of version 4 are read by Python code and need no check.

Source: MathWorks, MAT-File Format, chapter "MAT-File Level 5 File Format".
"""

import struct
import zlib
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np

_MATRIX, _COMPRESSED = 14, 15
_ITEM = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8}
"""Bytes of a number, by the type of an element."""
_TEXT = {16: 1, 17: 2, 18: 4}
"""Bytes of a unit of text (UTF-8, UTF-16, UTF-32), by the type of an element."""
_CELL, _STRUCT, _OBJECT, _CHAR, _SPARSE, _FUNCTION, _OPAQUE = 1, 2, 3, 4, 5, 16, 17
_NUMERIC = range(6, 16)
_COMPLEX = 0x800
"""Flag of an array with imaginary parts."""
_DEEPEST = 100
"""Levels of cells and structs inside one another."""
_BLOCK = 1 << 16
"""Bytes that are decompressed at once."""


def check(path: str | Path, name: str | None = None) -> None:
    """Raise `ValueError` unless SciPy can read the headers of all variables, and one whole.

    Parameters
    ----------
    path : str or Path
        A file of version 4 or 5.
    name : str, optional
        The variable that is checked whole.

    Raises
    ------
    ValueError
        If the file contradicts the format.
    """
    with Path(path).open("rb") as file:
        header = file.read(128)
        if len(header) < 4 or 0 in header[:4]:
            return  # version 4
        order = {b"IM": "<", b"MI": ">"}.get(header[126:128])
        if order is None:
            raise ValueError("the header does not give the order of bytes")
        while tag := file.read(8):
            kind, size = _unpack(order + "2I", tag)
            start = file.tell()
            if kind not in (_MATRIX, _COMPRESSED):
                raise ValueError(f"byte {start - 8}: a variable of type {kind}")
            _Variable(file, order, size, kind == _COMPRESSED).check(name)
            file.seek(start + size)


def _unpack(form: str, content: bytes) -> tuple[int, ...]:
    if len(content) != struct.calcsize(form):
        raise ValueError("the file ends early")
    return struct.unpack(form, content)


class _Variable:
    """The elements of a variable, read one after another."""

    def __init__(self, file: BinaryIO, order: str, size: int, compressed: bool):
        self._file, self._order, self._left = file, order, size
        self._zlib = zlib.decompressobj() if compressed else None
        self._unpacked, self._at = b"", 0
        if compressed and self._tag()[0] != _MATRIX:
            raise ValueError("a compressed variable that is no array")

    def check(self, name: str | None) -> None:
        """Check the header; of the variable `name`, all elements."""
        if self._left or self._zlib is not None:
            self._array(0, name)

    def _read(self, n: int) -> bytes:
        """Return the next bytes of the variable, decompressed."""
        if self._zlib is None:
            if n > self._left:
                raise ValueError("an element is longer than its variable")
            self._left -= n
            found = self._file.read(n)
        else:
            while len(self._unpacked) - self._at < n and (more := self._decompressed()):
                self._unpacked, self._at = self._unpacked[self._at :] + more, 0
            found = self._unpacked[self._at : self._at + n]
            self._at += n
        if len(found) != n:
            raise ValueError("the file ends early")
        return found

    def _decompressed(self) -> bytes:
        """Return the next bytes of a compressed variable; none at its end."""
        assert self._zlib is not None
        while not self._zlib.eof:
            compressed = self._zlib.unconsumed_tail
            if not compressed:
                compressed = self._file.read(min(_BLOCK, self._left))
                self._left -= len(compressed)
            if found := self._zlib.decompress(compressed, _BLOCK):
                return found
            if not compressed:
                break
        return b""

    def _skip(self, n: int) -> None:
        if self._zlib is None:
            if n > self._left:
                raise ValueError("an element is longer than its variable")
            self._left -= n
            self._file.seek(n, 1)
            return
        while n > len(self._unpacked) - self._at:
            n -= len(self._unpacked) - self._at
            self._unpacked, self._at = self._decompressed(), 0
            if not self._unpacked:
                raise ValueError("the file ends early")
        self._at += n

    def _tag(self) -> tuple[int, int, bytes | None]:
        """Return type and bytes of the next element, and its content if that is in the tag."""
        content = self._read(8)
        kind, size = _unpack(self._order + "2I", content)
        if small := kind >> 16:
            if small > 4:
                raise ValueError(f"a short element of {small} bytes")
            return kind & 0xFFFF, small, content[4 : 4 + small]
        return kind, size, None

    def _element(self, kinds: dict[int, int], keep: bool = False) -> tuple[int, int, bytes]:
        """Return type and number of items of the next element, and its bytes if they are kept."""
        kind, size, content = self._tag()
        if kind not in kinds or size % kinds[kind]:
            raise ValueError(f"an element of type {kind} with {size} bytes")
        if content is None:
            if keep:
                content = self._read(size)
            else:
                self._skip(size)
            if size % 8:
                self._skip(8 - size % 8)
        return kind, size // kinds[kind], content or b""

    def _array(self, depth: int, name: str | None) -> None:
        """Check an array, whose own tag has been read; only its header if another is wanted."""
        if depth > _DEEPEST:
            raise ValueError(f"arrays are nested more than {_DEEPEST} deep")
        kind, n_flags, flags = self._element({6: 4}, keep=True)
        if n_flags != 2:
            raise ValueError("an array without flags")
        (flag, _) = _unpack(self._order + "2I", flags)
        kind = flag & 0xFF
        if kind == _OPAQUE:
            if depth:
                for _ in range(3):
                    self._element({1: 1, 16: 1})
                self._inner(depth)
            return
        _, n_axes, axes = self._element({5: 4}, keep=True)
        shape = _unpack(f"{self._order}{n_axes}i", axes)
        if not 0 < n_axes <= 32 or min(shape) < 0:
            raise ValueError(f"an array of shape {shape[:40]}")
        _, _, found = self._element({1: 1, 16: 1}, keep=True)
        if depth == 0 and found.decode("latin1") != name:
            return
        self._content(kind, bool(flag & _COMPLEX), shape, depth)

    def _content(self, kind: int, is_complex: bool, shape: tuple[int, ...], depth: int) -> None:
        n = prod(shape)
        if kind in _NUMERIC:
            for _ in range(1 + is_complex):
                if self._element(_ITEM)[1] != n:
                    raise ValueError(f"an array of shape {shape} with another number of values")
        elif kind == _CHAR:
            self._element({**_ITEM, **_TEXT})
        elif kind == _SPARSE:
            self._sparse(shape, is_complex)
        elif kind == _CELL:
            for _ in range(n):
                self._inner(depth)
        elif kind in (_STRUCT, _OBJECT):
            if kind == _OBJECT:
                self._element({1: 1, 16: 1})
            _, _, content = self._element({5: 4}, keep=True)
            (length,) = _unpack(self._order + "i", content)
            _, n_bytes, _ = self._element({1: 1, 16: 1}, keep=True)
            if length < 1 or n_bytes % length:
                raise ValueError(f"names of fields of {length} bytes")
            for _ in range(n * (n_bytes // length)):
                self._inner(depth)
        elif kind == _FUNCTION:
            self._inner(depth)
        else:
            raise ValueError(f"an array of class {kind}")

    def _inner(self, depth: int) -> None:
        kind, size, _ = self._tag()
        if kind != _MATRIX:
            raise ValueError(f"an element of type {kind} in place of an array")
        if size:
            self._array(depth + 1, None)

    def _sparse(self, shape: tuple[int, ...], is_complex: bool) -> None:
        """Check a sparse matrix; SciPy uses its indices as they are."""
        rows, starts = (self._indices() for _ in range(2))
        n_values = min(self._element(_ITEM)[1] for _ in range(1 + is_complex))
        n_rows, n_columns = shape[:2] if len(shape) == 2 else (-1, -1)
        if len(starts) < n_columns + 1 or n_columns < 0:
            raise ValueError(f"a sparse matrix of shape {shape} with {len(starts)} columns")
        starts = starts[: n_columns + 1]
        used = int(starts[-1])
        if starts[0] != 0 or (np.diff(starts) < 0).any() or used > min(len(rows), n_values):
            raise ValueError("a sparse matrix whose columns begin beyond its values")
        if used and not (rows[:used].min() >= 0 and rows[:used].max() < n_rows):
            raise ValueError("a sparse matrix with values outside its rows")

    def _indices(self) -> np.ndarray:
        _, _, content = self._element({5: 4, 6: 4}, keep=True)
        return np.frombuffer(content, np.dtype(self._order + "i4")).astype(np.int64)

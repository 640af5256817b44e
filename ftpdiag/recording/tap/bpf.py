"""Named steps -> a classic BPF program, as a socket takes it (Linux: Documentation/networking/filter.rst).

The machine has an accumulator, an index X, scratch memory, and jumps that only go forward.
"""

from __future__ import annotations

import ctypes
import struct
from socket import SOL_SOCKET, socket
from typing import NamedTuple

_ATTACH_FILTER = 26
"""SO_ATTACH_FILTER (asm-generic/socket.h), which Python does not name."""
_RETURN, _GOTO = 0x06, 0x05
_JUMP_IF_EQUAL, _JUMP_IF_ANY_BIT = 0x15, 0x45
_WORD, _HALF, _BYTE, _HALF_AFTER_X, _BYTE_AFTER_X = 0x20, 0x28, 0x30, 0x48, 0x50
_SET_X, _X_IPV4_HEADER_LENGTH, _A_TO_X = 0x01, 0xB1, 0x07
_ADD, _ADD_X, _AND, _SHIFT_LEFT = 0x04, 0x0C, 0x54, 0x64
_REMEMBER, _RECALL = 0x02, 0x60


class Instruction(NamedTuple):
    """One `struct sock_filter`."""

    code: int
    skip_if_true: int
    skip_if_false: int
    operand: int


Program = tuple[Instruction, ...]


def attach(receiver: socket, program: Program) -> None:
    """Let `receiver` take only what `program` keeps, from now on; needs no privilege."""
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    receiver.setsockopt(SOL_SOCKET, _ATTACH_FILTER, struct.pack("HP", len(program), ctypes.addressof(code)))


class Assembler:
    """Takes a program step by step. A load beyond the packet's end ends the program: the packet is not kept."""

    def __init__(self) -> None:
        self._steps: list[Instruction] = []
        self._labels: dict[str, int] = {}
        self._gotos: dict[int, str] = {}

    def program(self) -> Program:
        """Every step so far, the labels resolved."""
        steps = list(self._steps)
        for at, label in self._gotos.items():
            steps[at] = Instruction(_GOTO, 0, 0, self._labels[label] - at - 1)
        return tuple(steps)

    def label(self, name: str) -> None:
        """Name the next step."""
        self._labels[name] = len(self._steps)

    def goto(self, label: str) -> None:
        """Go on at a label further down."""
        self._gotos[len(self._steps)] = label
        self._step(_GOTO)

    def when(self, value: int, label: str) -> None:
        """Go to the label if the accumulator is `value`.

        A condition can skip only 255 steps, a goto any number: so a condition here skips its own goto.
        """
        self._step(_JUMP_IF_EQUAL, value, skip_if_false=1)
        self.goto(label)

    def unless(self, value: int, label: str) -> None:
        """Go to the label if the accumulator is not `value`."""
        self._step(_JUMP_IF_EQUAL, value, skip_if_true=1)
        self.goto(label)

    def when_any_bit(self, mask: int, label: str) -> None:
        """Go to the label if the accumulator has any bit of `mask`."""
        self._step(_JUMP_IF_ANY_BIT, mask, skip_if_false=1)
        self.goto(label)

    def keep(self, size: int) -> None:
        """Keep the first `size` bytes of the packet, and end."""
        self._step(_RETURN, size)

    def word(self, at: int) -> None:
        """Load four bytes."""
        self._step(_WORD, at)

    def half(self, at: int) -> None:
        """Load two bytes."""
        self._step(_HALF, at)

    def byte(self, at: int) -> None:
        """Load a byte."""
        self._step(_BYTE, at)

    def half_after_x(self, at: int) -> None:
        """Load two bytes that lie `at` bytes behind X."""
        self._step(_HALF_AFTER_X, at)

    def byte_after_x(self, at: int) -> None:
        """Load the byte that lies `at` bytes behind X."""
        self._step(_BYTE_AFTER_X, at)

    def mask(self, bits: int) -> None:
        """Clear every other bit of the accumulator."""
        self._step(_AND, bits)

    def add(self, value: int) -> None:
        """Add to the accumulator."""
        self._step(_ADD, value)

    def add_x(self) -> None:
        """Add X to the accumulator."""
        self._step(_ADD_X)

    def shift_left(self, bits: int) -> None:
        """Multiply the accumulator by a power of 2."""
        self._step(_SHIFT_LEFT, bits)

    def x(self, value: int) -> None:
        """Set X."""
        self._step(_SET_X, value)

    def x_from_accumulator(self) -> None:
        """Set X to the accumulator."""
        self._step(_A_TO_X)

    def x_after_ipv4_header(self) -> None:
        """Set X to the length of the IPv4 header at offset 0."""
        self._step(_X_IPV4_HEADER_LENGTH)

    def remember(self) -> None:
        """Put the accumulator aside."""
        self._step(_REMEMBER)

    def recall(self) -> None:
        """Load what was put aside."""
        self._step(_RECALL)

    def _step(self, code: int, operand: int = 0, *, skip_if_true: int = 0, skip_if_false: int = 0) -> None:
        self._steps.append(Instruction(code, skip_if_true, skip_if_false, operand))

from __future__ import annotations

import socket

import pytest

from ftpdiag.recording.tap.bpf import Assembler, Program, attach


def kept(program: Program, packet: bytes) -> bytes | None:
    """What the kernel keeps of a packet; any datagram socket will do."""
    sender, receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with sender, receiver:
        attach(receiver, program)
        receiver.settimeout(0)
        sender.send(packet)
        try:
            return receiver.recv(1 << 16)
        except BlockingIOError:
            return None


def test_load_and_jump() -> None:
    """A value is loaded, compared, and decides how much is kept."""
    asm = Assembler()
    asm.half(1)
    asm.when(0x0203, "some")
    asm.keep(0)
    asm.label("some")
    asm.keep(2)
    assert kept(asm.program(), b"\x01\x02\x03") == b"\x01\x02"
    assert kept(asm.program(), b"\x01\x02\x04") is None
    assert kept(asm.program(), b"\x01") is None


def test_far_label() -> None:
    """A label may be further away than a condition can skip."""
    asm = Assembler()
    asm.byte(0)
    asm.unless(7, "far")
    for _ in range(300):
        asm.add(0)
    asm.keep(1)
    asm.label("far")
    asm.keep(2)
    assert kept(asm.program(), b"\x07..") == b"\x07"
    assert kept(asm.program(), b"\x08..") == b"\x08."


def test_index_and_memory() -> None:
    """X can be computed, and a value put aside meanwhile."""
    asm = Assembler()
    asm.byte(0)
    asm.remember()
    asm.byte(1)
    asm.shift_left(1)
    asm.x_from_accumulator()
    asm.recall()
    asm.add_x()
    asm.mask(0x0F)
    asm.unless(5, "drop")
    asm.byte_after_x(0)
    asm.when_any_bit(0x80, "keep")
    asm.label("drop")
    asm.keep(0)
    asm.label("keep")
    asm.keep(9)
    assert kept(asm.program(), b"\x01\x02..\x80") == b"\x01\x02..\x80"
    assert kept(asm.program(), b"\x01\x02..\x01") is None
    assert kept(asm.program(), b"\x02\x02..\x80") is None


def test_unknown_label() -> None:
    """A goto without its label is a mistake of the author."""
    asm = Assembler()
    asm.goto("nowhere")
    with pytest.raises(KeyError):
        asm.program()

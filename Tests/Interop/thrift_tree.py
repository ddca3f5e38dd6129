"""Thrift's compact protocol as a tree that can be changed and written again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
INTEGERS = (I16, I32, I64)


@dataclass
class Value:
    """A value with its type; a struct holds [(field id, Value)], a list [Value]."""

    kind: int
    value: Any
    element: int = STRUCT


class Decoder:
    def __init__(self, data: bytes, offset: int = 0) -> None:
        self.data, self.offset = data, offset

    def byte(self) -> int:
        self.offset += 1
        return self.data[self.offset - 1]

    def varint(self) -> int:
        result = shift = 0
        while True:
            byte = self.byte()
            result |= (byte & 0x7F) << shift
            if byte < 0x80:
                return result
            shift += 7

    def zigzag(self) -> int:
        raw = self.varint()
        return raw >> 1 ^ -(raw & 1)

    def value(self, kind: int, is_element: bool = False) -> Value:
        if kind in (TRUE, FALSE):
            return Value(self.byte() if is_element else kind, None)
        if kind == BYTE:
            return Value(kind, self.byte())
        if kind in INTEGERS:
            return Value(kind, self.zigzag())
        if kind == DOUBLE:
            return Value(kind, self.take(8))
        if kind == BINARY:
            return Value(kind, self.take(self.varint()))
        if kind in (LIST, SET):
            return self.list(kind)
        assert kind == STRUCT, kind
        return self.struct()

    def take(self, count: int) -> bytes:
        self.offset += count
        return self.data[self.offset - count:self.offset]

    def list(self, kind: int) -> Value:
        head = self.byte()
        count = self.varint() if head >> 4 == 15 else head >> 4
        return Value(kind, [self.value(head & 15, True) for _ in range(count)], head & 15)

    def struct(self) -> Value:
        fields, last = [], 0
        while head := self.byte():
            last = last + (head >> 4) if head >> 4 else self.zigzag()
            fields.append((last, self.value(head & 15)))
        return Value(STRUCT, fields)


def varint(value: int) -> bytes:
    out = bytearray()
    value &= 2**64 - 1
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def zigzag(value: int) -> bytes:
    return varint(value << 1 ^ value >> 63)


def encode(node: Value, is_element: bool = False) -> bytes:
    kind, value = node.kind, node.value
    if kind in (TRUE, FALSE):
        return bytes([kind]) if is_element else b""
    if kind == BYTE:
        return bytes([value & 255])
    if kind in INTEGERS:
        return zigzag(value)
    if kind == DOUBLE:
        return value
    if kind == BINARY:
        return varint(len(value)) + value
    if kind in (LIST, SET):
        count = len(value)
        head = bytes([count << 4 | node.element]) if count < 15 else bytes([0xF0 | node.element]) + varint(count)
        return head + b"".join(encode(part, True) for part in value)
    return struct(value)


def struct(fields: list[tuple[int, Value]]) -> bytes:
    out, last = bytearray(), 0
    for number, value in fields:
        delta = number - last
        out += bytes([delta << 4 | value.kind]) if 0 < delta < 16 else bytes([value.kind]) + zigzag(number)
        out += encode(value)
        last = number
    return bytes(out) + b"\0"


def nodes(root: Value) -> list[Value]:
    """All values of a tree, the root first."""
    found, pending = [], [root]
    while pending:
        node = pending.pop()
        found.append(node)
        if node.kind == STRUCT:
            pending += [part for _, part in node.value]
        elif node.kind in (LIST, SET):
            pending += node.value
    return found


def field(node: Value, number: int) -> Value | None:
    return next((part for key, part in node.value if key == number), None)

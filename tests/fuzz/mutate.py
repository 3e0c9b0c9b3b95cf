"""Mutates inputs: flips bytes, replaces JSON values, and duplicates, removes, swaps and splices lines."""

from collections.abc import Callable
from random import Random
from typing import Any

import orjson

from tests.fuzz.seeds import FIELD_NAMES, JOB, LINES, OTHER_PRINTER, PRINTER, SEQUENCES, STORE

MOST_LINES = 8
_RAREST = 3_000
"""One in so many mutations makes something very large, which costs a thousand times as much to read."""

# What JSON, or Python, could stumble over; written in place of a marker, since no encoder writes most of it.
_TOKENS = (
    b"1e400",
    b"-1e400",
    b"1e308",
    b"-0",
    b"-0.0",
    b"NaN",
    b"Infinity",
    b"9" * 400,
    b"9" * 5000,
    b"0." + b"0" * 400 + b"1",
    b'"\\ud800"',
    b'"\\udc00\\ud800"',
    b'"\\u0000"',
    b'"\xff\xfe"',
    b'"\xed\xa0\x80"',
    b'{"a":1,"a":[]}',
    b"[" * 1200 + b"]" * 1200,
    b'{"a":' * 900 + b"1" + b"}" * 900,
)
_MARKER = "\N{SYMBOL FOR SUBSTITUTE}%d\N{SYMBOL FOR SUBSTITUTE}"
_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    0.5,
    100,
    101,
    2**31,
    2**63,
    2**64 - 1,
    1e15,
    -273.15,
    "",
    " ",
    "x" * 255,
    "x" * 256,
    "y" * 3000,
    "\x00\x1b[31m\n",
    "\N{PILE OF POO}" * 200,
    "\u202eevil",
    "unknown",
    "unavailable",
    "RUNNING",
    "pause",
    "printing",
    "completed",
    "INSERT",
    "DELETE",
    "2026-11-24T11:59:59Z",
    "2026-11-24T12:00:01+05:30",
    "2026-11-24T23:00:00Z",
    "2999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "2026-11-24",
    "24:00",
    "../../../etc/passwd",
    "stores/+/#",
    STORE,
    PRINTER,
    OTHER_PRINTER,
    JOB,
    [],
    {},
    [[]],
    [None],
    {"": None},
    [1, "a", None, {}],
    *(_MARKER % number for number in range(len(_TOKENS))),
)


def mutate(data: bytes, random: Random, most: int = 1 << 20) -> bytes:
    """Return another input of at most ``most`` bytes, made of ``data`` by a few random changes."""
    lines = data.split(b"\n")[:MOST_LINES]
    for _ in range(random.choice((1, 1, 2, 4))):
        match random.randrange(12):
            case 0:
                lines.insert(random.randrange(len(lines) + 1), random.choice(LINES))
            case 1:
                lines.append(random.choice(lines))
            case 2 if len(lines) > 1:
                lines.pop(random.randrange(len(lines)))
            case 3:
                random.shuffle(lines)
            case 4:
                lines += random.choice(SEQUENCES).split(b"\n")
            case _:
                place = random.randrange(len(lines))
                lines[place] = _mutate_line(lines[place], random)
    return b"\n".join(lines[:MOST_LINES])[:most]


def _mutate_line(line: bytes, random: Random) -> bytes:
    if random.randrange(_RAREST) == 0:
        return line[:1] + random.choice(_LARGE)(random)
    if random.randrange(4):
        try:
            body = orjson.loads(line[1:])
        except orjson.JSONDecodeError:
            pass
        else:
            return line[:1] + _dump(_mutate_value(body, random), random)
    return _mutate_bytes(line, random)


def _mutate_value(body: Any, random: Random) -> Any:
    """Change one node somewhere in a JSON value."""
    parent, key = None, None
    node = body
    # A random walk from the root, that likely ends deep.
    while isinstance(node, dict | list) and node and random.randrange(6):
        parent = node
        key = random.choice(list(node)) if isinstance(node, dict) else random.randrange(len(node))
        node = node[key]
    match random.randrange(8):
        case 0 if isinstance(node, dict):
            node[random.choice(FIELD_NAMES)] = random.choice(_VALUES)
            return body
        case 1 if isinstance(node, list):
            node.extend([random.choice(_VALUES)] * random.choice((1, 2, 60)))
            return body
        case 2 if parent is not None:
            del parent[key]
            return body
        case 3 if isinstance(parent, dict) and isinstance(key, str):
            parent[random.choice(FIELD_NAMES)] = parent.pop(key)
            return body
        case 4:
            replacement: Any = random.choice(([node], {"id": node}, [node, node], str(node)[:300]))
        case 5 if isinstance(node, str) and node:
            place = random.randrange(len(node))
            replacement = node[:place] + chr(random.choice((0, 10, 34, 43, 48, 90, 127, 233, 8238))) + node[place + 1 :]
        case 6 if isinstance(node, int | float):
            replacement = random.choice((-node, node * 10, node + 0.5, node / 3, random.uniform(-1e3, 1e3)))
        case _:
            replacement = random.choice(_VALUES)
    if parent is None:
        return replacement
    parent[key] = replacement
    return body


def _dump(body: Any, random: Random) -> bytes:
    try:
        text = orjson.dumps(body)
    except orjson.JSONEncodeError:
        # Lone surrogates, numbers beyond 64 bits, a hundred levels.
        return random.choice(_TOKENS)
    if b"\xe2\x90\x9a" in text:
        for number, token in enumerate(_TOKENS):
            text = text.replace(b'"%s"' % (_MARKER % number).encode(), token)
    return text


def _mutate_bytes(line: bytes, random: Random) -> bytes:
    body = bytearray(line or b"S")
    for _ in range(random.choice((1, 1, 2, 8))):
        place = random.randrange(len(body))
        match random.randrange(6):
            case 0:
                body[place] ^= 1 << random.randrange(8)
            case 1:
                body[place:place] = random.choice(_TOKENS)[:64]
            case 2 if len(body) > 8:
                del body[place : place + random.randrange(1, 8)]
            case 3:
                body[place:place] = random.choice(FIELD_NAMES).encode()
            case 4:
                body[place:place] = body[random.randrange(len(body)) :][:32]
            case _:
                body[place] = random.choice(b'{}[],:"\\0-9eE.+/#\t\x00\xef\xbb\xbf\xff')
    return bytes(body)


def _many_entities(random: Random) -> bytes:
    count = random.choice((50, 1_999, 2_001, 60_000))
    return b'{"action":"UPDATE","entities":{%s}}' % b",".join(b'"e%d":{}' % number for number in range(count))


_LARGE: tuple[Callable[[Random], bytes], ...] = (
    _many_entities,
    lambda random: b"[" * 100_000,
    lambda random: b'{"a":' * 100_000,
    lambda random: b'{"state":"%s"}' % (b"x" * random.choice((1_000_000, 1_999_000, 2_100_000))),
    lambda random: b'{"data":{"print":{"stage":"%s"}}}' % (b"\\u00e9" * 300_000),
    lambda random: b"[%s0]" % (b"[]," * random.choice((16_000, 24_000, 600_000))),
    lambda random: b'{"message":"%s"}' % (b"http://" * 100_000),
    lambda random: b"9" * 1_000_000,
)

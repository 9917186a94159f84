"""What TensorBoard's event files hold, without the library: records, and of protobuf as much as they need.

A file is records: length (8 bytes), its check (4), an Event, its check (4). Event {1: wall_time, 2: step, 5: Summary};
Summary {1: Value...}; Value {1: tag, then what it is}.
"""

import json
import re
import struct

OF_THE_MOMENT = re.compile(rb"second|hour|wait|^memory/")  # tags
WALL_TIME, SUMMARY, VALUE, TAG = 1, 5, 1, 1


def varint(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def fields(data):
    """(number, bytes) of each field of a message."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            start = at
            _, at = varint(data, at)
        else:
            if key & 7 == 2:
                length, start = varint(data, at)
            else:
                length, start = {1: 8, 5: 4}[key & 7], at
            at = start + length
        yield key >> 3, data[start:at]


def read(part):
    """JSON that a text holds, or else the bytes."""
    try:
        return json.loads(part[part.index(b"{"):part.rindex(b"}") + 1])
    except ValueError:
        return part


def values(summary):
    """Tag and what it is, of those that are no times."""
    for _, value in sorted(fields(summary)):  # their order says nothing
        parts = list(fields(value))
        tag = next(part for number, part in parts if number == TAG)
        if not OF_THE_MOMENT.search(tag):
            yield [tag.decode(), *(read(part) for number, part in parts if number != TAG)]


def events(data):
    """Of a file's bytes; no wall times."""
    at, found = 0, []
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        event = data[at + 12:at + 12 + length]
        found.append([list(values(part)) if number == SUMMARY else part
                      for number, part in fields(event) if number != WALL_TIME])
        at += 16 + length
    return found

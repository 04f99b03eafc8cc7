"""Reads a capture with Python's package mcap in both ways and prints what it saw as JSON."""

import json
import sys

from mcap.exceptions import McapError
from mcap.reader import NonSeekingReader, SeekingReader


def row(channel, message):
    return [channel.topic, message.sequence, message.log_time, message.data.hex()]


seen = {"linear": [], "linear_end": "whole"}
with open(sys.argv[1], "rb") as file:
    reader = NonSeekingReader(file, validate_crcs=True)
    try:
        for _, channel, message in reader.iter_messages(log_time_order=False):
            seen["linear"].append(row(channel, message))
    except McapError as error:
        seen["linear_end"] = type(error).__name__
with open(sys.argv[1], "rb") as file:
    try:
        reader = SeekingReader(file, validate_crcs=True)
        seen["indexed"] = [row(c, m) for _, c, m in reader.iter_messages()]
        seen["facts"] = next(iter(reader.iter_metadata())).metadata["facts"]
        seen["profile"] = reader.get_header().profile
    except McapError as error:
        seen["indexed_end"] = type(error).__name__
print(json.dumps(seen))

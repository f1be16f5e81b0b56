"""The records of an offline run of W&B: its own messages, from the log of blocks that LevelDB describes."""

import struct

from wandb.proto import wandb_internal_pb2

BLOCK, HEADER = 32768, 7


def records(path):
    """Yield each record of a `.wandb` file.

    After 7 bytes of its own, the file is blocks of 32 KiB; a chunk is a checksum (4), a length (2), a kind (1: whole,
    2: first, 3: middle, 4: last) and its bytes. See https://github.com/google/leveldb/blob/main/doc/log_format.md.
    """
    data = path.read_bytes()
    assert data[:4] == b":W&B"
    at, parts = HEADER, []
    while at + HEADER <= len(data):
        if BLOCK - at % BLOCK < HEADER:
            at += BLOCK - at % BLOCK
            continue
        _, length, kind = struct.unpack("<IHB", data[at : at + HEADER])
        parts.append(data[at + HEADER : at + HEADER + length])
        at += HEADER + length
        assert kind in (1, 2, 3, 4), kind
        if kind in (1, 4):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(b"".join(parts))
            yield record
            parts = []

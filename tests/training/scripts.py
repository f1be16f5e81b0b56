"""Scripts that a search runs in its tests, and a look at which of their processes are left."""

import sys
import time

import psutil

#: What every script begins with: its learning rate, its epochs, a validation loss that is lowest at 0.003.
HEAD = """
import json, math, os, signal, subprocess, sys, time
lr, epochs, mark = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
def loss(epoch):
    return 0.2 + 0.5 * math.log10(lr / 0.003) ** 2 + 1.0 / epoch
def report(epoch):
    print(f"epoch {epoch} val_loss: {loss(epoch):.5f}")
"""
METRIC = "val_loss[=: ]+([0-9.eE+-]+)"


def write(folder, body, name="train.py"):
    """Write a script and return the command that runs it; `mark` stands in its arguments, so that it can be found."""
    path = folder / name
    path.write_text(HEAD + body, encoding="utf-8")
    return f"exec {sys.executable} {path} {{lr}} {{epochs}} {folder.name}"


def left(mark, seconds=5.0):
    """Return the processes with a mark in their arguments that are there, when none went within some seconds."""
    deadline = time.monotonic() + seconds
    while (result := _with(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return result


def _with(mark):
    processes = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = process.info["cmdline"] or []
        if mark in line and process.info["status"] != psutil.STATUS_ZOMBIE:
            processes.append((process.pid, process.info["status"], line))
    return processes

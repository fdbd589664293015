"""What the benchmarks' programs share: where things are, how they are built, a bar."""

import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, ".build", "benchmarks")
SWIFT = os.environ.get("SWIFT", "swift")


def tool(name):
    """A C program of this folder, compiled if it has changed."""
    os.makedirs(BUILD, exist_ok=True)
    source, made = os.path.join(HERE, name + ".c"), os.path.join(BUILD, name)
    if not os.path.exists(made) or os.path.getmtime(made) < os.path.getmtime(source):
        subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", made, source], check=True)
    return made


def stream(events, seed=7, queues=50, agents=500, calls=300, start=1767225600):
    """The paths of a stream, of the queues' members, and of what must come of it."""
    os.makedirs(BUILD, exist_ok=True)
    name = os.path.join(BUILD, f"{events}-{seed}-{queues}-{agents}-{calls}")
    subprocess.run(
        [tool("stream"), "-n", str(events), "-s", str(seed), "-q", str(queues), "-a", str(agents), "-c", str(calls)]
        + ["-t", str(int(start)), "-o", name + ".ami", "-l", name + ".members", "-j", name + ".json"],
        check=True,
    )
    return name + ".ami", name + ".members", name + ".json"


def read_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=2, ensure_ascii=False)
        file.write("\n")


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


class Bar:
    """How far the work is, on a terminal; nothing where there is none."""

    WIDTH = 30

    def __init__(self, total):
        self.total, self.done, self.shows = total, 0, sys.stderr.isatty()

    def step(self, text):
        if self.shows:
            full = self.WIDTH * self.done // max(1, self.total)
            bar = "█" * full + "·" * (self.WIDTH - full)
            print(f"\r\033[K{bar} {self.done}/{self.total} {text}", end="", file=sys.stderr, flush=True)
        self.done += 1

    def finish(self):
        if self.shows:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

"""What the comparisons with other programs share: runs in shuffled order, ratios with intervals, and tables."""

import random
import re
import statistics
import subprocess
import sys
import time


def words(command):
    """Returns a command as strings."""
    return [str(word) for word in command]


def imports(python, module):
    """Tells whether an interpreter can import a module."""
    return subprocess.run([python, "-c", f"import {module}"], capture_output=True).returncode == 0


def whole(*command):
    """A program that is timed as a whole process. Its answer is the last number that it prints."""

    def run():
        clock = time.perf_counter()
        done = subprocess.run(words(command), capture_output=True, text=True, check=True)
        return time.perf_counter() - clock, int(re.findall(r"\d+", done.stdout)[-1])

    return run


def measure(case, programs, rounds):
    """Returns the seconds of each program, as a list in the order of the rounds.

    A program is a function that returns its seconds and its answer. All answers must agree.
    """
    seconds = {name: [] for name in programs}
    for _ in range(rounds):
        answers = {}
        for name in random.sample(list(programs), len(programs)):
            took, answers[name] = programs[name]()
            seconds[name].append(took)
        if len(set(answers.values())) > 1:
            sys.exit(f"{case}: answers differ: {answers}")
    return seconds


def ratio(ours, theirs):
    """Returns the ratio of medians and its 95 % interval."""
    pairs = list(zip(ours, theirs))
    samples = []
    for _ in range(2000):
        drawn = random.choices(pairs, k=len(pairs))
        samples.append(statistics.median(a for a, _ in drawn) / statistics.median(b for _, b in drawn))
    samples.sort()
    return statistics.median(ours) / statistics.median(theirs), samples[50], samples[-51]


def shown(seconds):
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"


def shown_median(seconds):
    return shown(statistics.median(seconds))


def shown_ratio(ours, theirs):
    value, low, high = (f"{part:.2f}" if part >= 0.1 else f"{part:.1g}" for part in ratio(ours, theirs))
    return f"{value} ({low} .. {high})"


def print_row(cells):
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def print_head(names):
    print_row(names)
    print(f"|{'---|' * len(names)}")

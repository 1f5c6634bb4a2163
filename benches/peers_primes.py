"""Compares reading, listing, finding and testing primes with other programs. `benches/peers --primes` runs it."""

import dataclasses
import hashlib
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

from comparison import measure, print_head, print_row, shown_median, shown_ratio, whole, words

ROOT = pathlib.Path(__file__).resolve().parent.parent
PRIMELANES = ROOT / "target/release/primelanes"
TIMED = ROOT / "target/release/examples/timed"
PRIMESIEVE = ROOT / "target/primesieve_timed"

# The nth primes that are found.
NTH = {10**6: 15_485_863, 10**9: 22_801_763_489, 10**12: 29_996_224_275_833}

# A program for an interpreter. The first import may read files, so it is not timed.
ARRAY = """
import sys, time
from {module} import {function} as array
stop = int(sys.argv[1])
clock = time.perf_counter()
primes = array(stop)
print(time.perf_counter() - clock, len(primes), primes[-1])
"""


@dataclasses.dataclass
class Question:
    """A question, and the programs that answer it. A program is a function that returns its seconds and its answer."""

    title: str
    ours: dict
    peers: dict
    # How many numbers are tested, if the rate is of interest.
    numbers: int = 0

    def print(self, rounds):
        """Prints a row for each program, with the ratios of ours to it."""
        programs = self.ours | self.peers
        seconds = measure(self.title, programs, rounds)
        compared = self.ours if len(programs) > 1 else {}
        print(f"\n{self.title}:\n")
        rate = ["millions per second"] if self.numbers else []
        print_head(["", "time", *rate, *(f"ratio of {name} (95 %)" for name in compared)])
        for name, taken in seconds.items():
            rate = [f"{self.numbers / statistics.median(taken) / 1e6:.3g}"] if self.numbers else []
            ratios = ("" if our == name else shown_ratio(seconds[our], taken) for our in compared)
            print_row([name, shown_median(taken), *rate, *ratios])


def discarded(*command):
    """A program that is timed as a whole process, and whose output is discarded."""

    def run():
        clock = time.perf_counter()
        subprocess.run(words(command), stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - clock, None

    return run


def own_time(*command):
    """A program that prints its own seconds, and then its answer."""

    def run():
        printed = subprocess.run(words(command), capture_output=True, text=True, check=True).stdout
        seconds, answer = printed.split(maxsplit=1)
        return float(seconds), answer.strip()

    return run


def if_available(name, program):
    """The program under its name, or nothing if the command with which the name begins is missing."""
    return {name: program} if shutil.which(name.split()[0]) else {}


def size(options, number):
    return number // 1000 if options.quick else number


def iterate(options):
    stop = size(options, 10**9)
    question = sums(f"Sum the primes up to {stop:,}, one thread", 0, stop)
    question.peers["primal::Primes"] = own_time(TIMED, "primal", 0, stop)
    yield question


def window(options):
    width = size(options, 10**8)
    # primal::Primes always begins at 2.
    yield sums(f"Sum the primes from 10^15 to 10^15 + {width:,}, one thread", 10**15, 10**15 + width)


def sums(title, start, stop):
    ours = {name: own_time(TIMED, name, start, stop) for name in ["for", "fold"]}
    peers = {"primesieve::iterator": own_time(PRIMESIEVE, "iterate", start, stop)} if PRIMESIEVE.exists() else {}
    return Question(title, ours, peers)


def listing(options):
    stop = size(options, 10**9)
    ours = {f"list --workers {workers}": (PRIMELANES, "list", stop, "--workers", workers) for workers in options.workers}
    peers = if_available("primesieve --print", ("primesieve", stop, "--print", "--quiet"))
    # What is written to /dev/null cannot be compared.
    digests = {name: digest(command) for name, command in (ours | peers).items()}
    if len(set(digests.values())) > 1:
        sys.exit(f"lists differ: {digests}")
    timed = ({name: discarded(*command) for name, command in commands.items()} for commands in (ours, peers))
    yield Question(f"List the primes up to {stop:,}, to /dev/null", *timed)


def digest(command):
    with subprocess.Popen(words(command), stdout=subprocess.PIPE) as process:
        found = hashlib.file_digest(process.stdout, "sha256").hexdigest()
    if process.returncode != 0:
        sys.exit(f"{words(command)} failed with exit code {process.returncode}")
    return found


def nth(options):
    for workers in options.workers:
        n = size(options, 10**9)
        question = find_nth(n, workers)
        # It sieves all the way, which would take about an hour for the other one.
        sieved = whole("primesieve", n, "--nth-prime", "--quiet", "--threads", workers)
        question.peers |= if_available("primesieve --nth-prime", sieved)
        yield question
    for workers in options.workers:
        yield find_nth(size(options, 10**12), workers)


def find_nth(n, workers):
    prime = NTH[n]
    count = whole(PRIMELANES, "count", prime, "--workers", workers)

    def counted():
        seconds, found = count()
        return seconds, prime if found == n else f"pi({prime}) = {found}"

    ours = {f"nth {n}": whole(PRIMELANES, "nth", n, "--workers", workers), f"count {prime}": counted}
    peers = if_available("primecount --nth-prime", whole("primecount", n, "--nth-prime", f"--threads={workers}"))
    return Question(f"Find the prime number {n:,}, workers: {workers}", ours, peers)


def is_prime(options):
    yield tests("is-prime", size(options, 10**7), "Test {:,} random numbers of 64 bits, one thread")
    yield tests("is-prime-of-primes", size(options, 10**6), "Test {:,} primes of 64 bits, one thread")


def next_prime(options):
    yield tests("next-prime", size(options, 10**6), "Find the next prime after each of {:,} random numbers of 64 bits, one thread")


def tests(task, numbers, title):
    ours, peer = [own_time(TIMED, name, numbers) for name in [task, f"{task}-primal"]]
    return Question(title.format(numbers), {"primelanes": ours}, {"primal::is_prime": peer}, numbers)


def beyond(options):
    start, width = 10**20, size(options, 10**6)
    count = [PRIMELANES, "count", start, start + width]
    ours = {f"count --workers {workers}": whole(*count, "--workers", workers) for workers in options.workers}
    yield Question(f"Count the primes from 10^20 to 10^20 + {width:,}", ours, {})


def array(options):
    stop, python = size(options, 10**9), options.python
    programs = {}
    for name, module, function in [
        ("primelanes.array", "primelanes", "array"),
        ("primesieve.primes", "primesieve", "primes"),
        ("primesieve.numpy.primes", "primesieve.numpy", "primes"),
    ]:
        program = ARRAY.format(module=module, function=function)
        # It is run at a small size first: an interpreter may have the module, and not the function.
        if subprocess.run([python, "-c", program, "100"], capture_output=True).returncode == 0:
            programs[name] = own_time(python, "-c", program, stop)
        else:
            print(f"\n{name} is left out: {python} does not have it.")
    ours = {name: program for name, program in programs.items() if name == "primelanes.array"}
    peers = {name: program for name, program in programs.items() if name not in ours}
    if PRIMESIEVE.exists():
        peers["primesieve::generate_primes"] = own_time(PRIMESIEVE, "generate", 0, stop)
    if ours or peers:
        yield Question(f"Put the primes up to {stop:,} into an array", ours, peers)


QUESTIONS = {
    "iterate": iterate,
    "window": window,
    "list": listing,
    "nth": nth,
    "is-prime": is_prime,
    "next-prime": next_prime,
    "beyond": beyond,
    "array": array,
}


def build():
    """Builds the programs that print their own time. Says what is left out."""
    cargo = ["cargo", "build", "--release", "--quiet", "--manifest-path", ROOT / "Cargo.toml"]
    subprocess.run(words([*cargo, "--package", "primelanes-benches", "--example", "timed"]), check=True)
    PRIMESIEVE.unlink(missing_ok=True)
    source = ROOT / "benches/primesieve_timed.cpp"
    command = ["c++", "-std=c++17", "-O3", "-march=native", source, "-o", PRIMESIEVE, "-lprimesieve"]
    if not shutil.which("c++") or subprocess.run(words(command), capture_output=True).returncode != 0:
        print("The C++ interface of primesieve is left out: it needs a C++ compiler and the library")
        print("(Debian: apt-get install g++ libprimesieve-dev).")
    for program in ["primesieve", "primecount"]:
        if not shutil.which(program):
            print(f"The command {program} is left out: it is not on the path (Debian: apt-get install {program}).")


def compare(options):
    """Prints a table for each question."""
    print("A ratio is the time of the column's program divided by the time of the row's program.")
    for case in options.cases:
        for question in QUESTIONS[case](options):
            question.print(options.rounds)

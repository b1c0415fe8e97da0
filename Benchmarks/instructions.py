#!/usr/bin/env python3
"""Counts what each micro-benchmark costs: instructions, by valgrind, and allocations, by a library that is preloaded.

Each is done N and 2 N times; half of the difference is what one costs, whatever the program does besides. That is held
against thresholds.json: the exit code is 1 when something costs more than a tenth more. `--record` keeps what was
counted as the new thresholds. Counts are of this compiler and this kind of processor.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from peers import HERE, ROOT

THRESHOLDS = HERE / "Micro" / "thresholds.json"
TOLERANCE = 1.1
# Dictionaries are in the same order every time.
ENVIRONMENT = os.environ | {"SWIFT_DETERMINISTIC_HASHING": "1", "SWIFT_BACKTRACE": "enable=no"}


def workloads(program):
    """Names with how many times each is done."""
    listed = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    return {name: int(times) for times, name in (line.split("\t") for line in listed.splitlines())}


def found(pattern, command, environment):
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return int(re.search(pattern, done.stderr).group(1))


def instructions(program, name, times):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, name, str(times)]
    return found(r"Collected : (\d+)", command, ENVIRONMENT)


def allocations(library):
    def counted(program, name, times):
        return found(r"allocations: (\d+)", [program, name, str(times)], ENVIRONMENT | {"LD_PRELOAD": str(library)})
    return counted


def each(count, program, name, times):
    return (count(program, name, 2 * times) - count(program, name, times)) / times


def stripped(program, folder):
    """The program without what debuggers want: valgrind stumbles over how new compilers write that."""
    copy = folder / "program"
    subprocess.run(["strip", "--strip-debug", "-o", copy, program], check=True)
    return str(copy)


def compile_counter(folder):
    library = folder / "allocations.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", library, HERE / "Micro" / "allocations.c"], check=True)
    return library


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / ".build/release/escrow-count"))
    parser.add_argument("--record", action="store_true", help="keep what is counted as the new thresholds")
    parser.add_argument("--only", help="part of the names of those that are counted")
    options = parser.parse_args()
    thresholds = json.loads(THRESHOLDS.read_text()) if THRESHOLDS.exists() else {}
    exceeded, missing, measured = [], [], None
    print("each".ljust(50) + "instructions".rjust(14) + "threshold".rjust(14) + "allocations".rjust(13)
          + "threshold".rjust(11))
    with tempfile.TemporaryDirectory(prefix="escrow-micro-") as folder:
        folder = pathlib.Path(folder)
        program = stripped(options.program, folder)
        counts = {"instructions": instructions, "allocations": allocations(compile_counter(folder))}
        for name, times in workloads(program).items():
            if options.only and options.only not in name:
                continue
            measured = {what: round(each(count, program, name, times), 1) for what, count in counts.items()}
            limits = thresholds.get(name, {})
            if not limits:
                missing.append(name)
            over = [what for what in counts if what in limits and measured[what] > TOLERANCE * limits[what] + 0.5]
            exceeded += over
            print(name.ljust(50) + "".join(
                f"{measured[what]:{width},.0f}{limits.get(what, float('nan')):{other},.0f}"
                for what, width, other in (("instructions", 14, 14), ("allocations", 13, 11)))
                + ("  EXCEEDED" if over and not options.record else ""))
            if options.record:
                thresholds[name] = measured
    if options.record:
        THRESHOLDS.write_text(json.dumps(thresholds, indent=2) + "\n")
        print(f"recorded in {THRESHOLDS.relative_to(ROOT)}")
    if not measured:
        sys.exit(f"nothing is called like {options.only}")
    if missing and not options.record:
        sys.exit(f"without a threshold (--record keeps what is counted): {', '.join(missing)}")
    sys.exit(1 if exceeded and not options.record else 0)


if __name__ == "__main__":
    main()

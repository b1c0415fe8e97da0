#!/usr/bin/env python3
"""What single things cost on this machine: a switch between threads, system calls, memory, flushes. With how often each
happens for an instance (profile.py) it says what is worth sparing."""

import argparse
import json
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).parent


def prices(folder):
    """Of each thing the microseconds."""
    program = folder / "prices"
    subprocess.run(["cc", "-O2", "-Wall", "-pthread", "-o", program, HERE / "prices.c"], check=True)
    lines = subprocess.run([program, folder], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    return {name: float(value) for name, value in (line.split("\t") for line in lines)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", help="file to write all measurements to")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="escrow-bench-") as folder:
        found = prices(pathlib.Path(folder))
    print(f"{'µs':>12}")
    for name, value in found.items():
        print(f"{value:12,.2f}  {name}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()

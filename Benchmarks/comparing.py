"""What every comparison has: its options."""

import argparse
import json
import os
import pathlib

from peers import ROOT, ends_on_signals


def comparison(description, cases):
    """A parser of the options that every comparison has; from now on signals end what it started."""
    ends_on_signals()
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=3, help="interleaved repetitions")
    parser.add_argument("--escrow", default=str(ROOT / ".build/release/escrow"))
    parser.add_argument("--only", help=f"comma-separated: {', '.join(cases)}")
    parser.add_argument("--timeout", type=int, default=900, help="seconds a single run may take")
    parser.add_argument("--json", help="file to write all measurements to")
    return parser


def with_each_corpus(options, names, compare):
    """Compares with one corpus after the other; keeps what is measured, also when a later one fails."""
    results = {}
    for kind in options.corpora.split(","):
        compare(kind, names, options, results)
        if options.json:
            pathlib.Path(options.json).write_text(json.dumps(
                {"processors": os.cpu_count(), "pairs": options.pairs, "runs": results}, indent=2))

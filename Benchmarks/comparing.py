"""What every comparison has: its options."""

import argparse

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

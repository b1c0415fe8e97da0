"""Compares the Part 10 files of two folders element by element: compare.py FOLDER FOLDER.

Prints a JSON object of the differences by file name; an empty one when all are equal.
"""

import json
import os
import sys

import pydicom


def differences(one, other, where=""):
    """Where two data sets differ, as lines of text."""
    for tag in sorted(set(one.keys()) | set(other.keys())):
        place = f"{where}{tag}"
        if tag not in one or tag not in other:
            yield f"{place} is only in the {'first' if tag in one else 'second'}"
            continue
        first, second = one[tag], other[tag]
        if first.VR == "SQ" and second.VR == "SQ":
            if len(first.value) != len(second.value):
                yield f"{place} has {len(first.value)} and {len(second.value)} items"
            for number, (left, right) in enumerate(zip(first.value, second.value)):
                yield from differences(left, right, f"{place}[{number}].")
        elif first.value != second.value:
            yield f"{place} differs"


def compare(one, other):
    """The differences of two files."""
    if not os.path.exists(one) or not os.path.exists(other):
        return ["is in one folder only"]
    first, second = pydicom.dcmread(one), pydicom.dcmread(other)
    syntaxes = [first.file_meta.TransferSyntaxUID, second.file_meta.TransferSyntaxUID]
    return list(differences(first, second)) + ([f"{syntaxes}"] if syntaxes[0] != syntaxes[1] else [])


if __name__ == "__main__":
    folders = sys.argv[1:3]
    names = sorted(set(os.listdir(folders[0])) | set(os.listdir(folders[1])))
    found = {name: compare(*(os.path.join(folder, name) for folder in folders)) for name in names}
    print(json.dumps({name: lines for name, lines in found.items() if lines}))

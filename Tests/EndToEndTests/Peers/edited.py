"""Compares instances with their edited copies: edited.py FOLDER LIST EDITS.

LIST is a file with the paths of Part 10 files, one per line; FOLDER has what arrived; EDITS is a JSON object of keywords:
a text to be there, null for what must be gone, or [pattern, replacement] for a regular expression of Python. Prints a
JSON object: how many were compared ("compared"), and lines of text for each file whose copy is not the original with
these edits ("differences").
"""

import json
import pathlib
import re
import sys

import pydicom

import values


def edit(dataset, edits):
    for keyword, change in edits.items():
        if change is None:
            if keyword in dataset:
                delattr(dataset, keyword)
        elif isinstance(change, str):
            setattr(dataset, keyword, change)
        elif keyword in dataset:
            pattern, replacement = change
            setattr(dataset, keyword, re.sub(pattern, replacement, str(getattr(dataset, keyword))))


def main():
    folder, list_file, edits = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    arrived = {}
    for path in pathlib.Path(folder).rglob("*"):
        if path.is_file():
            try:
                arrived[str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID)] = path
            except Exception as error:
                arrived[f"{path}: {error}"] = path
    compared, differences = 0, {}
    for path in pathlib.Path(list_file).read_text().split("\n"):
        first = pydicom.dcmread(path)
        syntax = first.file_meta.TransferSyntaxUID
        compared += 1
        copy = arrived.get(str(first.SOPInstanceUID))
        if copy is None:
            differences[path] = ["did not arrive"]
            continue
        second = pydicom.dcmread(copy)
        found = []
        if second.file_meta.TransferSyntaxUID != syntax:
            found.append(f"it arrived as {second.file_meta.TransferSyntaxUID} instead of {syntax}")
        edit(first, edits)
        found += values.differences(first, second, True)
        if found:
            differences[path] = found[:5]
    print(json.dumps({"compared": compared, "differences": differences}))


main()

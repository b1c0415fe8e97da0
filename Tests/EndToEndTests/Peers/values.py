"""Compares instances with what became of them in other transfer syntaxes: values.py SYNTAX FOLDER LIST.

LIST is a file with the paths of Part 10 files, one per line; FOLDER has what arrived. Prints a JSON object: how many were compared
("compared"), in how many of them the order of bytes differed ("swapped"), and lines of text for each file whose values
are not the same or that did not arrive in SYNTAX ("differences").
"""

import json
import pathlib
import sys

import pydicom
from pydicom.dataset import Dataset
from pydicom.filewriter import write_dataset
from pydicom.filebase import DicomBytesIO
from pydicom.sequence import Sequence

# What is turned around when the byte order changes, by VR, where pydicom leaves the bytes as they are.
WIDTHS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}


def swapped(data, width):
    return b"".join(data[start:start + width][::-1] for start in range(0, len(data), width))


def bytes_of(element, is_little_endian):
    """The value as Implicit VR Little Endian has it."""
    if isinstance(element.value, (bytes, bytearray)):
        data = bytes(element.value)
        width = WIDTHS.get(element.VR)
        return swapped(data, width) if width and not is_little_endian else data
    alone = Dataset()
    alone.add(element)
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, True
    write_dataset(buffer, alone)
    return buffer.getvalue()[8:]


def is_same(first, second, is_little_endian):
    one, other = first.value, second.value
    if not isinstance(one, (bytes, bytearray)) and not isinstance(other, (bytes, bytearray)) and one == other:
        return True
    one, other = bytes_of(first, is_little_endian), bytes_of(second, True)
    return one.rstrip(b"\0 ") == other.rstrip(b"\0 ")


def differences(first, second, is_little_endian, where=""):
    """Where two data sets differ, as lines of text; group lengths may be gone."""
    tags = {tag for tag in (*first.keys(), *second.keys()) if tag.element != 0}
    for tag in sorted(tags):
        place = f"{where}{tag}"
        if tag not in first or tag not in second:
            yield f"{place} is only in the {'first' if tag in first else 'second'}"
            continue
        one, other = first[tag], second[tag]
        if isinstance(one.value, Sequence) and isinstance(other.value, Sequence):
            if len(one.value) != len(other.value):
                yield f"{place} has {len(one.value)} and {len(other.value)} items"
            for number, (left, right) in enumerate(zip(one.value, other.value)):
                yield from differences(left, right, is_little_endian, f"{place}[{number}].")
        elif not is_same(one, other, is_little_endian):
            yield f"{place} {one.VR} became {other.VR}: {str(one.value)[:60]!r} {str(other.value)[:60]!r}"


def compare(path, arrived, syntax):
    first, second = pydicom.dcmread(path), pydicom.dcmread(arrived)
    if second.file_meta.TransferSyntaxUID != syntax:
        return [f"it arrived as {second.file_meta.TransferSyntaxUID}"]
    return list(differences(first, second, first.file_meta.TransferSyntaxUID.is_little_endian))


def main():
    syntax, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    arrived = {}
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix not in (".raw", ".jsonl"):
            arrived[str(pydicom.dcmread(path, stop_before_pixels=True).file_meta.MediaStorageSOPInstanceUID)] = path
    compared, turned, found = 0, 0, {}
    for path in pathlib.Path(sys.argv[3]).read_text().split("\n"):
        if not path:
            continue
        meta = pydicom.dcmread(path, stop_before_pixels=True).file_meta
        uid = str(meta.MediaStorageSOPInstanceUID)
        lines = compare(path, arrived[uid], syntax) if uid in arrived else ["it did not arrive"]
        compared += 1
        turned += 0 if meta.TransferSyntaxUID.is_little_endian else 1
        if lines:
            found[path] = lines
    print(json.dumps({"compared": compared, "swapped": turned, "differences": found}))


if __name__ == "__main__":
    main()

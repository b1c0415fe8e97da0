"""Copies pydicom's files in many character sets, and lists what pydicom reads in them.

    charsets.py DIR

Prints a JSON array of {"path", "label", "uid", "name", "tags"}: `tags` has every text of the file, sequences included, by
keyword, values of one element joined by backslashes.
"""

import json
import os
import pathlib
import sys
import warnings

import pydicom
from pydicom.multival import MultiValue
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

TEXT = {"PN", "LO", "SH", "LT", "ST", "UT", "UC"}


def text(element):
    values = element.value if isinstance(element.value, MultiValue) else [element.value]
    return "\\".join("" if value is None else str(value) for value in values).strip()


def tags(data):
    found = {}
    for element in data:
        if element.VR == "SQ":
            found[element.keyword] = [tags(item) for item in element.value]
        elif element.VR in TEXT and element.keyword:
            found[element.keyword] = text(element)
    return found


def copy(source, target):
    data = pydicom.dcmread(source, force=True)
    label = data.get("SpecificCharacterSet", "")
    read = tags(data)
    # As raw bytes: only what makes it an instance is added.
    data = pydicom.dcmread(source, force=True)
    data.SOPInstanceUID = generate_uid(entropy_srcs=[source.name])
    data.SOPClassUID = data.get("SOPClassUID") or "1.2.840.10008.5.1.4.1.1.7"
    data.StudyInstanceUID = data.get("StudyInstanceUID") or generate_uid(entropy_srcs=["study", source.name])
    data.SeriesInstanceUID = data.get("SeriesInstanceUID") or generate_uid(entropy_srcs=["series", source.name])
    if not hasattr(data, "file_meta") or "TransferSyntaxUID" not in data.file_meta:
        data.ensure_file_meta()
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.save_as(target, enforce_file_format=True)
    return {
        "path": str(target), "label": label if isinstance(label, str) else "\\".join(label),
        "uid": str(data.SOPInstanceUID), "name": read.get("PatientName", ""), "tags": read,
    }


warnings.simplefilter("ignore")
directory = pathlib.Path(sys.argv[1])
directory.mkdir(parents=True, exist_ok=True)
folder = pathlib.Path(os.path.dirname(pydicom.__file__)) / "data" / "charset_files"
print(json.dumps([copy(file, directory / file.name) for file in sorted(folder.glob("*.dcm"))]))

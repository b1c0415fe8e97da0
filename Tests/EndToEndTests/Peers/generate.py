"""Makes studies, the same bytes for the same arguments, and lists pydicom's own test files.

    generate.py DIR [--ct N] [--mr N] [--sr N] [--multiframe N] [--syntaxes all|UID...] [--seed TEXT] [--size PIXELS]
    generate.py DIR --pydicom

Prints a JSON array of {"path", "class", "uid", "study", "modality", "transferSyntax"}.
"""

import argparse
import json
import os
import pathlib
import random
import shutil

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import (
    JPEG2000Lossless, JPEGBaseline8Bit, JPEGLosslessSV1, RLELossless, DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, UID, generate_uid,
)

SYNTAXES = [
    ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, RLELossless,
    JPEGBaseline8Bit, JPEGLosslessSV1, JPEG2000Lossless,
]
CLASSES = {
    "CT": "1.2.840.10008.5.1.4.1.1.2",
    "MR": "1.2.840.10008.5.1.4.1.1.4",
    "SR": "1.2.840.10008.5.1.4.1.1.88.11",
    "multiframe": "1.2.840.10008.5.1.4.1.1.7.4",
}


def uid_of(*names):
    return generate_uid(entropy_srcs=[str(name) for name in names])


def common(kind, number, seed):
    """What every instance has: names beyond ASCII, a private group, a sequence of undefined length."""
    data = Dataset()
    data.SpecificCharacterSet = "ISO_IR 192"
    data.SOPClassUID = CLASSES[kind]
    data.SOPInstanceUID = uid_of(seed, kind, "instance", number)
    data.StudyInstanceUID = uid_of(seed, "study")
    data.SeriesInstanceUID = uid_of(seed, kind, "series")
    data.Modality = "OT" if kind == "multiframe" else kind
    data.StudyDate, data.StudyTime = "20240229", "235959"
    data.StudyDescription = f"{kind} chest"
    data.AccessionNumber, data.StudyID = "A1", "1"
    data.PatientName, data.PatientID = "Müller^Jörg", f"P-{seed}"
    data.PatientBirthDate, data.PatientSex, data.ReferringPhysicianName = "19700101", "O", ""
    data.Manufacturer = "Generated"
    data.SeriesNumber, data.InstanceNumber = 1, number + 1
    private = data.private_block(0x0029, "ESCROW TEST", create=True)
    private.add_new(0x01, "UN", bytes(range(256)))
    step = Dataset()
    step.ScheduledProcedureStepID = "S1"
    step.is_undefined_length_sequence_item = True
    data.RequestAttributesSequence = Sequence([step])
    data["RequestAttributesSequence"].is_undefined_length = True
    return data


def add_pixels(data, source, size, frames, syntax):
    data.Rows = data.Columns = size
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 12, 11, 0
    if frames > 1:
        data.NumberOfFrames = frames
    if syntax.is_encapsulated:
        # Fragments that no decoder would take: a router must not care.
        lengths = [size * size + 2 * frame for frame in range(frames)]
        data.PixelData = encapsulate([source.randbytes(length) for length in lengths])
        data["PixelData"].VR = "OB"
        data["PixelData"].is_undefined_length = True
    else:
        data.PixelData = source.randbytes(size * size * 2 * frames)
        data["PixelData"].VR = "OW"


def add_text(data, number):
    """The content of a Basic Text SR: nested sequences."""
    data.CompletionFlag, data.VerificationFlag, data.ValueType = "COMPLETE", "UNVERIFIED", "CONTAINER"
    data.ContentDate, data.ContentTime, data.ContinuityOfContent = "20240229", "235959", "SEPARATE"
    data.ConceptNameCodeSequence = [code("18748-4", "LN", "Diagnostic imaging report")]
    finding = Dataset()
    finding.RelationshipType, finding.ValueType = "CONTAINS", "TEXT"
    finding.ConceptNameCodeSequence = [code("121071", "DCM", "Finding")]
    finding.TextValue = f"Größe unverändert, {number} mm"
    data.ContentSequence = [finding]
    data.PerformedProcedureCodeSequence = []


def code(value, scheme, meaning):
    result = Dataset()
    result.CodeValue, result.CodingSchemeDesignator, result.CodeMeaning = value, scheme, meaning
    return result


def make(directory, kind, number, syntax, seed, size):
    source = random.Random(f"{seed}/{kind}/{number}")
    data = common(kind, number, seed)
    if kind == "SR":
        add_text(data, number)
    else:
        add_pixels(data, source, size, 5 if kind == "multiframe" else 1, syntax)
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    path = pathlib.Path(directory) / f"{kind}-{number:05d}.dcm"
    data.save_as(path, enforce_file_format=True)
    return described(path, data)


def described(path, data):
    return {
        "path": str(path), "class": str(data.file_meta.MediaStorageSOPClassUID),
        "uid": str(data.file_meta.MediaStorageSOPInstanceUID), "study": str(data.get("StudyInstanceUID", "")),
        "modality": str(data.get("Modality", "")), "transferSyntax": str(data.file_meta.TransferSyntaxUID),
    }


def test_files(directory):
    """Copies those of pydicom's test files that can be sent: with file meta, and each SOP Instance UID once."""
    root = pathlib.Path(pydicom.__file__).parent / "data" / "test_files"
    found = {}
    for path in sorted(root.rglob("*")):
        try:
            data = pydicom.dcmread(path, stop_before_pixels=True)
            entry = described(path, data)
        except Exception:  # not DICOM, without file meta, or broken on purpose
            continue
        if "" in (entry["class"], entry["uid"]) or entry["class"] == "1.2.840.10008.1.3.10":
            continue
        if entry["uid"] not in found:
            copy = pathlib.Path(directory) / f"{len(found):03d}-{path.name}"
            shutil.copyfile(path, copy)
            found[entry["uid"]] = {**entry, "path": str(copy)}
    return list(found.values())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory")
    for name in ("ct", "mr", "sr", "multiframe"):
        parser.add_argument(f"--{name}", type=int, default=0)
    parser.add_argument("--syntaxes", nargs="+", default=[str(ExplicitVRLittleEndian)])
    parser.add_argument("--seed", default="1")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--pydicom", action="store_true")
    options = parser.parse_args()
    os.makedirs(options.directory, exist_ok=True)
    if options.pydicom:
        print(json.dumps(test_files(options.directory)))
        return
    syntaxes = SYNTAXES if options.syntaxes == ["all"] else [UID(each) for each in options.syntaxes]
    made = []
    for kind, count in (
        ("CT", options.ct), ("MR", options.mr), ("SR", options.sr), ("multiframe", options.multiframe),
    ):
        # A report has no pixels to encapsulate.
        usable = [each for each in syntaxes if kind != "SR" or not each.is_encapsulated]
        for number in range(count):
            syntax = usable[number % len(usable)]
            made.append(make(options.directory, kind, number, syntax, options.seed, options.size))
    print(json.dumps(made))


if __name__ == "__main__":
    main()

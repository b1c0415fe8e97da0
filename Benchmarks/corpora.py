"""What is sent: made anew for each run of a comparison, with random pixels, so that nothing can be left out."""

import dataclasses
import os
import pathlib

ROOT_UID = "1.2.826.0.1.3680043.10.999"


@dataclasses.dataclass
class Corpus:
    """Files in one folder for each sender."""

    name: str
    folder: pathlib.Path
    instances: int
    bytes: int
    senders: int


def instance(number, study, pixels, side, frames=1):
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import (
        CTImageStorage, ExplicitVRLittleEndian, MultiFrameGrayscaleWordSecondaryCaptureImageStorage)

    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    kind = CTImageStorage if frames == 1 else MultiFrameGrayscaleWordSecondaryCaptureImageStorage
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = kind
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = f"{ROOT_UID}.{number + 1}"
    data.StudyInstanceUID = f"{ROOT_UID}.0.{study + 1}"
    data.SeriesInstanceUID = data.StudyInstanceUID + ".1"
    data.PatientID, data.PatientName, data.Modality = "BENCH", "Bench^Mark", "CT" if frames == 1 else "OT"
    data.InstanceNumber = number + 1
    data.Rows = data.Columns = side
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 0
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    if frames > 1:
        data.NumberOfFrames = frames
    data.PixelData = pixels
    return data


def pixels(size):
    """Random pixels of about so many bytes, the side of a frame, and how many frames they are."""
    side = max(1, int((min(size, 512 * 1024) / 2) ** 0.5))
    frames = max(1, size // (side * side * 2))
    return os.urandom(side * side * 2 * frames), side, frames


def make(folder, sizes, senders, studies=5, name="corpus"):
    """Instances with so many bytes of pixels each, dealt out to the senders."""
    total, blocks = 0, {}
    for number, size in enumerate(sizes):
        if size not in blocks:
            blocks[size] = pixels(size)
        data = instance(number, number * studies // len(sizes), *blocks[size])
        target = folder / str(number % senders)
        target.mkdir(parents=True, exist_ok=True)
        path = target / f"{number:05}.dcm"
        data.save_as(path, enforce_file_format=True)
        total += path.stat().st_size
    return Corpus(name, folder, len(sizes), total, senders)


# Bytes of pixels of each instance, and how many senders there are.
KINDS = {
    "ct": ([512 * 1024] * 1000, 4),
    "ct-1": ([512 * 1024] * 1000, 1),
    "small": ([3 * 1024] * 4000, 4),
    "small-1": ([3 * 1024] * 4000, 1),
    "big": ([1 << 30], 1),
    "mix": (([3 * 1024] * 16 + [512 * 1024] * 8 + [30 << 20]) * 20, 4),
}

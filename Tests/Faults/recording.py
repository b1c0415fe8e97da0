"""A disk whose writes and flushes are recorded, and the states in which a power cut may leave it."""

import collections
import mmap
import os
import shutil
import struct
import subprocess
import time

import kernel

HEAD = struct.Struct("=IIQ")
WRITE, FLUSH, MARK = 1, 2, 3
# What a disk writes whole or not at all. XFS itself would not survive less: it trusts the first part of a torn block.
BLOCK = 4096

# How each file system is made: small, and with everything written that would otherwise be written later.
FILE_SYSTEMS = {
    "ext4": ("ext4", "64M", ["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard"]),
    "xfs": ("xfs", "320M", ["mkfs.xfs", "-q", "-K"]),
}


def compile_recorder(directory):
    """Builds recorder.c; returns the program."""
    program = os.path.join(directory, "recorder")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recorder.c")
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "fuse3"], check=True, capture_output=True, text=True).stdout.split()
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", program, source, *flags], check=True)
    return program


def make_image(path, system):
    """An image with an empty file system of that name."""
    _, size, command = FILE_SYSTEMS[system]
    with open(path + ".new", "wb") as file:
        file.truncate(int(size[:-1]) << 20)
    subprocess.run([*command, path + ".new"], check=True, stdout=subprocess.DEVNULL)
    copy_sparse(path + ".new", path)
    os.unlink(path + ".new")


def copy_sparse(source, target):
    subprocess.run(["cp", "--sparse=always", source, target], check=True)


class RecordedDisk:
    """A mounted file system on the image `base`, which stays as it is; everything that is written goes to `log`."""

    def __init__(self, recorder, base, log, system, directory):
        self.live, self.fuse = os.path.join(directory, "live.img"), os.path.join(directory, "fuse")
        self.mounted = os.path.join(directory, "disk")
        for each in (self.fuse, self.mounted):
            os.makedirs(each, exist_ok=True)
        copy_sparse(base, self.live)
        self.process = subprocess.Popen([recorder, self.live, log, self.fuse])
        while not os.path.exists(self.fuse + "/disk"):
            if self.process.poll() is not None:
                raise RuntimeError("the recorder did not start: is /dev/fuse usable?")
            time.sleep(0.005)
        kernel.mount(self.fuse + "/disk", self.mounted, FILE_SYSTEMS[system][0])

    def mark(self, text):
        """Notes that something is so from now on."""
        with open(self.fuse + "/mark", "wb", buffering=0) as file:
            file.write(text.encode())

    def close(self):
        kernel.unmount(self.mounted)
        kernel.unmount(self.fuse)
        self.process.wait()
        os.unlink(self.live)


Point = collections.namedtuple("Point", "record style seed")
Point.__doc__ = """A power cut after a record. What was flushed is there; of later writes none ("worst"), all ("all"), or by `seed`
some, perhaps not all blocks of them ("random")."""


class Recording:
    """What a recorded disk wrote down, on top of `base`."""

    def __init__(self, base, log):
        self.base = base
        with open(log, "rb") as file:
            self.bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.records, position = [], 0
        while position + HEAD.size <= len(self.bytes):
            kind, length, offset = HEAD.unpack_from(self.bytes, position)
            position += HEAD.size
            self.records.append((kind, length, offset, position))
            position += length

    def count(self, kind):
        return sum(1 for record in self.records if record[0] == kind)

    def marks(self, last):
        """What was noted until a record."""
        for kind, length, _, position in self.records[: last + 1]:
            if kind == MARK:
                yield self.bytes[position : position + length].decode()

    def points(self, count, source):
        """`count` points in order: half of them the worst case after a flush or mark, half any state of any moment, where
        the moments of a start count as much as all others: what is left of a log is taken over there."""
        moments = [number for number, record in enumerate(self.records) if record[0] != WRITE]
        worst = moments if count >= 2 * len(moments) else source.sample(moments, count // 2)
        points = [Point(number, "worst", 0) for number in worst]
        every, starting = range(len(self.records)), self.between("starts router", "started router")
        while len(points) < count:
            style = "all" if source.random() < 0.1 else "random"
            moments = starting if starting and source.random() < 0.5 else every
            points.append(Point(source.choice(moments), style, source.randrange(1 << 32)))
        return sorted(points)

    def between(self, first, last):
        """The numbers of the records between marks with these texts."""
        found, inside = [], False
        for number, (kind, length, _, position) in enumerate(self.records):
            text = self.bytes[position : position + length].decode() if kind == MARK else None
            inside = text == first or inside and text != last
            if inside:
                found.append(number)
        return found


class Replay:
    """Rebuilds the states of a recording one after the other, in the order of their records."""

    def __init__(self, recording, directory):
        self.recording, self.flushed, self.state = recording, os.path.join(directory, "flushed.img"), None
        self.path = os.path.join(directory, "state.img")
        copy_sparse(recording.base, self.flushed)
        self.file = open(self.flushed, "r+b", buffering=0)
        self.done = 0  # so many records are in `flushed`

    def build(self, point, source):
        """Leaves the image of a point in `path`; `source` chooses what survived."""
        records = self.recording.records
        last_flush = self.done
        for number in range(point.record, self.done - 1, -1):
            if records[number][0] == FLUSH:
                last_flush = number + 1
                break
        for record in records[self.done : last_flush]:
            if record[0] == WRITE:
                self.write(self.file.fileno(), record)
        self.done = max(self.done, last_flush)
        copy_data(self.flushed, self.path)
        if point.style == "worst":
            return
        likelihood = 1.0 if point.style == "all" else source.choice((0.1, 0.5, 0.9))
        state = os.open(self.path, os.O_WRONLY | os.O_CLOEXEC)
        for record in records[self.done : point.record + 1]:
            if record[0] == WRITE and source.random() < likelihood:
                self.write(state, record, source if point.style == "random" and source.random() < 0.3 else None)
        os.close(state)

    def write(self, descriptor, record, torn_by=None):
        _, length, offset, position = record
        data = self.recording.bytes[position : position + length]
        if torn_by is None:
            os.pwrite(descriptor, data, offset)
            return
        for start in range(0, length, BLOCK):
            if torn_by.random() < 0.5:
                os.pwrite(descriptor, data[start : start + BLOCK], offset + start)

    def close(self):
        self.file.close()
        os.unlink(self.flushed)
        if os.path.exists(self.path):
            os.unlink(self.path)


def copy_data(source, target):
    """Copies what is not a hole, onto a new file."""
    if os.path.exists(target):
        os.unlink(target)
    with open(source, "rb", buffering=0) as reader, open(target, "wb", buffering=0) as writer:
        size = os.fstat(reader.fileno()).st_size
        writer.truncate(size)
        end = 0
        while True:
            try:
                start = os.lseek(reader.fileno(), end, os.SEEK_DATA)
            except OSError:  # only a hole is left
                return
            end = os.lseek(reader.fileno(), start, os.SEEK_HOLE)
            os.lseek(writer.fileno(), start, os.SEEK_SET)
            os.lseek(reader.fileno(), start, os.SEEK_SET)
            left = end - start
            while left > 0:
                left -= os.sendfile(writer.fileno(), reader.fileno(), None, left)


def keep(directory, base, log):
    """Puts a recording aside."""
    os.makedirs(directory, exist_ok=True)
    copy_sparse(base, os.path.join(directory, "base.img"))
    shutil.copyfile(log, os.path.join(directory, "log"))

"""Where routers keep their data while they are measured."""

import os
import pathlib
import shutil
import subprocess
import sys


class Disk:
    """A folder on the disk of this machine."""

    # Bytes of earlier runs that stay.
    KEPT = 10 << 30

    def __init__(self, folder):
        self.folder = folder
        self.folder.mkdir()

    def flushes(self):
        """Not known: others use the disk as well."""
        return None

    def ready(self, megabytes):
        """Makes every run begin alike: what earlier ones wrote leaves the page cache, but stays on the disk, which would be
        slower for being told of deletions, unless it is too much; and memory that a virtual machine has to find first is
        touched."""
        kept = 0
        for path in self.folder.rglob("*"):
            if path.is_file():
                kept += path.stat().st_size
                with open(path, "rb") as file:
                    os.fsync(file.fileno())
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        if kept > self.KEPT:
            self.clear()
        self.warm(megabytes)

    def clear(self):
        """What earlier runs left goes."""
        for path in self.folder.iterdir():
            if path.name != "lost+found":
                shutil.rmtree(path)
        os.sync()

    def warm(self, megabytes):
        path = self.folder / "warm"
        block = bytes(1 << 20)
        with open(path, "wb") as file:
            for _ in range(megabytes):
                file.write(block)
        path.unlink()

    def close(self):
        pass


class CountedDisk(Disk):
    """A file system of its own on a loop device, so that the flushes that reach the device can be counted. A layer more
    makes each of them two to three times as long, so nothing is timed on it."""

    def __init__(self, work, megabytes):
        super().__init__(work / "counted")
        self.device = None
        image = work / "counted.img"
        try:
            # Written once, so that the file system below has nothing to allocate, and past its cache: as near to a disk
            # as a file can be.
            subprocess.run(
                ["dd", "if=/dev/zero", f"of={image}", "bs=1M", f"count={megabytes}", "oflag=direct", "status=none"],
                check=True)
            self.device = subprocess.run(
                ["losetup", "-f", "--show", "--direct-io=on", str(image)], check=True, capture_output=True,
                text=True).stdout.strip()
            subprocess.run(["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0", self.device], check=True)
            subprocess.run(["mount", self.device, str(self.folder)], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"no loop device here ({error}); flushes are not counted", file=sys.stderr)
            if self.device:
                subprocess.run(["losetup", "-d", self.device])
            self.device = None

    def flushes(self):
        """Flush requests that the device has completed; nothing where they are not counted."""
        if self.device is None:
            return None
        name = os.path.basename(self.device)
        for line in pathlib.Path("/proc/diskstats").read_text().splitlines():
            fields = line.split()
            if fields[2] == name and len(fields) > 18:
                return int(fields[18])
        return 0

    def close(self):
        if self.device:
            # After an error somebody may still have a file open there.
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)
            subprocess.run(["losetup", "-d", self.device], check=True)

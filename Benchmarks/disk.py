"""A file system of its own on a loop device, so that the flushes that reach the device can be counted."""

import os
import pathlib
import subprocess
import sys


class Disk:
    def __init__(self, work, megabytes):
        self.device, self.folder = None, work / "disk"
        self.folder.mkdir()
        image = work / "disk.img"
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
            self.device = None

    def flushes(self):
        """Flush requests that the device has completed; 0 where they are not counted."""
        if self.device is None:
            return 0
        name = os.path.basename(self.device)
        for line in pathlib.Path("/proc/diskstats").read_text().splitlines():
            fields = line.split()
            if fields[2] == name and len(fields) > 18:
                return int(fields[18])
        return 0

    def warm(self, megabytes):
        """Touches memory that a fresh virtual machine has to find first, so that no run pays for it."""
        path = self.folder / "warm"
        block = bytes(1 << 20)
        with open(path, "wb") as file:
            for _ in range(megabytes):
                file.write(block)
        path.unlink()

    def close(self):
        if self.device:
            subprocess.run(["umount", str(self.folder)], check=True)
            subprocess.run(["losetup", "-d", self.device], check=True)

"""Mounts, loop devices and namespaces, asked of the kernel itself: a check mounts thousands of images."""

import ctypes
import errno
import fcntl
import os
import struct
import time

libc = ctypes.CDLL(None, use_errno=True)
NEW_MOUNT_NAMESPACE = 0x00020000
RECURSIVE, PRIVATE = 1 << 14, 1 << 18
NO_ACCESS_TIMES = 1 << 10
LOOP_CONTROL_GET_FREE, LOOP_CONFIGURE = 0x4C82, 0x4C0A
AUTOCLEAR = 4


def call(function, *arguments):
    if function(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), *[each for each in arguments[:1] if isinstance(each, bytes)])


def own_mounts():
    """Gives this process mounts of its own: however it ends, none is left behind."""
    call(libc.unshare, NEW_MOUNT_NAMESPACE)
    call(libc.mount, b"none", b"/", None, ctypes.c_ulong(RECURSIVE | PRIVATE), None)


def loop_device(path):
    """A loop device on a file, as an open descriptor and its name; it is released when nobody uses it any more."""
    backing = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)
    try:
        while True:
            name = f"/dev/loop{fcntl.ioctl(control, LOOP_CONTROL_GET_FREE)}"
            device = os.open(name, os.O_RDWR | os.O_CLOEXEC)
            # struct loop_config: file, block size, struct loop_info64 (flags are its ninth number), reserved.
            configuration = struct.pack("=II 5Q 3I I 160s 2Q 8Q", backing, 0, *[0] * 8, AUTOCLEAR, b"", *[0] * 10)
            try:
                fcntl.ioctl(device, LOOP_CONFIGURE, configuration)
                return device, name
            except OSError as error:
                os.close(device)
                if error.errno != errno.EBUSY:  # somebody else was faster
                    raise
    finally:
        os.close(control)
        os.close(backing)


def mount(image, directory, kind):
    """Mounts an image's file system."""
    device, name = loop_device(image)
    try:
        options = b"nouuid" if kind == "xfs" else b""
        call(libc.mount, name.encode(), directory.encode(), kind.encode(), ctypes.c_ulong(NO_ACCESS_TIMES), options)
    finally:
        os.close(device)


def unmount(directory):
    """Unmounts, waiting for those who just let go of it."""
    for _ in range(1000):
        try:
            return call(libc.umount2, directory.encode(), 0)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            time.sleep(0.01)
    raise TimeoutError(f"{directory} is in use")

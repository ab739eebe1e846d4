"""Weights that are on the GPU already.

A program that ran beside the restore (weight-server.c) hands their memory over by descriptor.
"""

import contextlib
import glob
import json
import os
import socket
import time

from . import setting

# SCM_MAX_FD of the kernel
MOST_DESCRIPTORS = 253


class Unserved(Exception):
    """Why the memory cannot be used. All of it is unmapped then."""


def beside(path, kind):
    """The file of that kind that goes with the image at `path`."""
    return f"{os.path.splitext(path)[0]}.{kind}"


def offer(path):
    """The socket at which the weights of the image at `path` are offered; None where they are not.

    Servers that came out of one checkpoint share the folder and its names: of the numbered sockets, one for each of
    them, whoever renames one has it.
    """
    alone = beside(path, "sock")
    if os.path.exists(alone):
        return alone
    for offered in sorted(glob.glob(f"{glob.escape(os.path.splitext(path)[0])}.*.sock")):
        taken = f"{os.path.splitext(offered)[0]}.taken"
        with contextlib.suppress(FileNotFoundError):
            os.rename(offered, taken)
            return taken
    return None


class Served:
    """GPU memory of all blocks, mapped at their addresses. Its content is there once `wait` has returned."""

    def __init__(self, offered, blocks, allocations, driver):
        """offered: path of the program's socket.
        blocks: (offset in the file, GPU address, bytes), as the program was told them. @throws Unserved"""
        self._driver, self._allocations, self._mapped, self._descriptors = driver, allocations, [], []
        self._deadline = time.monotonic() + setting("SERVED_PATIENCE", 5.0)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with self._giving_back():
                # by descriptor: a socket's path is short, the folder's may be long
                folder = os.open(os.path.dirname(offered), os.O_PATH | os.O_DIRECTORY)
                try:
                    self._socket.connect(f"/proc/self/fd/{folder}/{os.path.basename(offered)}")
                finally:
                    os.close(folder)
                while len(self._descriptors) < len(blocks):
                    self._receive("memory")
                for (_, address, _), descriptor in zip(blocks, self._descriptors, strict=True):
                    driver.adopt(address, allocations[address], descriptor)
                    self._mapped.append(address)
        finally:
            for descriptor in self._descriptors:
                os.close(descriptor)

    @contextlib.contextmanager
    def _giving_back(self):
        try:
            yield
        except (OSError, ValueError) as error:
            self.give_back()
            raise Unserved(f"{type(error).__name__}: {error}") from error

    def _receive(self, kind):
        """The rest of the program's next message, which must be of that kind."""
        self._socket.settimeout(max(0.001, self._deadline - time.monotonic()))
        message, descriptors, *_ = socket.recv_fds(self._socket, 4096, MOST_DESCRIPTORS)
        self._descriptors += descriptors
        found, _, rest = message.decode().partition(" ")
        if found != kind:
            raise ValueError(f"it said {message!r} in place of {kind}" if message else "it ended")
        return rest

    def wait(self):
        """Until the weights are in the memory. Returns the program's own seconds. @throws Unserved"""
        with self._giving_back():
            steps = json.loads(self._receive("filled"))
            self._socket.send(b"mapped")
            self._socket.close()
            return steps

    def give_back(self):
        """Unmaps and releases: the program may still write there."""
        self._socket.close()
        while self._mapped:
            address = self._mapped.pop()
            self._driver.drop(address, self._allocations[address])

"""vLLM's queues between an engine and its ranks: files in /dev/shm, of which hardly anything is used."""

import functools
import inspect


def shrink_queues(chunk):
    """Gives queues that ask for no size of their own chunks of so many bytes; a larger message goes over a socket.

    vLLM 0.26 makes one of 240 MB for each rank. They are sparse, and podman writes /dev/shm into every checkpoint and
    reads it at every restore in full.
    """
    from vllm.distributed.device_communicators.shm_broadcast import MessageQueue

    make = MessageQueue.__init__
    signature = inspect.signature(make)
    if "max_chunk_bytes" not in signature.parameters:
        return

    @functools.wraps(make)
    def init(self, *args, **named):
        given = signature.bind(self, *args, **named)
        given.arguments.setdefault("max_chunk_bytes", chunk)
        make(*given.args, **given.kwargs)

    MessageQueue.__init__ = init

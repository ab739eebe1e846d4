#!/bin/sh
# A first process that only waits for its child, whose command line is its arguments. CRIU restores the memory of a
# container's first process after all others'. Podman's own (run --init) is a bind mount that CRIU 4.2 cannot restore.
"$@" &
wait $!

#!/bin/sh
# CRIU with its own libraries, and without the files that it reads unasked (/etc/criu/default.conf changes restores).
root=${0%/bin/criu}
unset CRIU_CONFIG_FILE
exec "$root/{{linker}}" --library-path "$root/{{libraries}}" "$root/usr/sbin/criu" --no-default-config "$@"

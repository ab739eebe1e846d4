#!/bin/sh
# The host's CRIU, without the files that it reads unasked (/etc/criu/default.conf changes restores).
unset CRIU_CONFIG_FILE
exec {{criu}} --no-default-config "$@"

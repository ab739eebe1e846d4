#!/usr/bin/env bash
# Stops the server; its checkpoint stays, and restore.sh brings it back. --remove: takes the checkpoint away too.
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
require
engine_stop "$@"
if [ "${1:-}" = --remove ]; then
  "${PODMAN[@]}" rm --force --time 0 "$NAME" >/dev/null 2>&1 || true
  ! mountpoint -q "$STATE" || umount "$STATE"
  rm -rf "$STATE"
  say "removed; the image and this folder are still there"
  exit 0
fi
# Killed, not asked to end: it would only tidy up what is thrown away.
"${PODMAN[@]}" kill "$NAME" >/dev/null 2>&1 || true
"${PODMAN[@]}" wait --condition stopped --condition exited "$NAME" >/dev/null 2>&1 || true
"${PODMAN[@]}" container cleanup "$NAME" >/dev/null 2>&1 || true
say "stopped"

#!/usr/bin/env bash
# After every boot, before checkpoint.sh: what the measured way needs of the host. What is right stays as it is.
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
require

# The images lie in memory: reading them from a disk would be most of a restore.
# {{gain:storage}}
if [ "$STORAGE" != disk ] && ! mountpoint -q "$STATE"; then
  available=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
  [ "$STATE_MEGABYTES" -le $((available / 2)) ] ||
    die "a tmpfs of $STATE_MEGABYTES MiB would take more than half of the available memory ($available MiB)"
  mkdir -p "$STATE"
  huge=()
  [ "$STORAGE" = tmpfs ] || huge=(huge=always)
  mount -t tmpfs -o "$(IFS=,; echo "size=${STATE_MEGABYTES}m,mode=0700${huge[*]:+,${huge[*]}}")" "$NAME" "$STATE"
  say "mounted a tmpfs of $STATE_MEGABYTES MiB at $STATE"
fi
# A checkpoint is the memory of a process: nobody else may read it.
mkdir -p "$IMAGES" "$MEMORY" "$WEIGHTS"
chmod 700 "$STATE"

# Transparent huge pages, for the whole host until the next boot.
# {{gain:thp}}
[ "$THP" = host ] || echo "$THP" >/sys/kernel/mm/transparent_hugepage/enabled

"${PODMAN[@]}" image exists "$IMAGE_ID" || case $IMAGE_SOURCE in
  parts/*) "${PODMAN[@]}" load --quiet --input "$HERE/$IMAGE_SOURCE" ;;
  *) "${PODMAN[@]}" pull "$IMAGE_SOURCE" ;;
esac
"${PODMAN[@]}" image exists "$IMAGE_ID" || die "$IMAGE is not the image that was measured ($IMAGE_ID)"
engine_prepare
say "ready"

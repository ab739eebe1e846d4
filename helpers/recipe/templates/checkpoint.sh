#!/usr/bin/env bash
# Starts the server, warms it up and dumps it. Afterwards it is stopped, and restore.sh brings it back.
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
require

# What was measured on other hardware says nothing about this host, and may not even run.
[ "$(driver)" = "$RUN_DRIVER" ] || die "the driver is '$(driver)', measured was '$RUN_DRIVER': measure again"
[ "$(gpus)" = "$RUN_GPU" ] || die "the GPU is '$(gpus)', measured was '$RUN_GPU': measure again"
[ "$(engine_version)" = "$RUN_ENGINE" ] || die "the engine is '$(engine_version)', measured was '$RUN_ENGINE'"
[ "$(uname -r)" = "$RUN_KERNEL" ] || say "kernel $(uname -r), measured was $RUN_KERNEL: it may be slower or faster"
[ "$(criu_version)" = "$RUN_CRIU" ] || say "CRIU $(criu_version), measured was $RUN_CRIU: it may be slower or faster"

[ -d "$IMAGES" ] || die "$STATE is not there: run prepare.sh first"
"${PODMAN[@]}" rm --force --time 0 "$NAME" >/dev/null 2>&1 || true
! port_taken || die "another server listens on 127.0.0.1:$PORT"
rm -rf "${IMAGES:?}"/* "${MEMORY:?}"/* "${WEIGHTS:?}"/* "$STATE"/{host,stamps,expected}

say "starting the engine"
start_container
wait_for_answer "$WARM_UP"
# A server that compiled its code holds memory that later ones do not: the next start finds that code.
if engine_compiled; then
  say "starting it again: its caches are warm now"
  start_container
  wait_for_answer "$WARM_UP"
fi
# Warm, it has made what it makes for its first requests only; those would be paid after every restore.
for ((i = 0; i < WARM_UPS; i++)); do ask "$WARM_UP" >/dev/null; done
ask | tokens >"$STATE/expected"
[ -s "$STATE/expected" ] || die "the server gave no tokens for $REQUEST"

# {{gain:checkpointAt}}
engine_put_away

# jemalloc takes memory for zeroed that a mapping is not. The page mapper leaves out processes that load it as a
# library; one that has it built in is only seen while it runs.
jemalloc=no
for pid in $("${PODMAN[@]}" top "$NAME" hpid | tail -n +2); do
  ! grep -qaF '<jemalloc>: ' "/proc/$pid/exe" || jemalloc=yes
done

# podman looks for the images in the container's own folder: a link leads to the tmpfs.
folder=$("${PODMAN[@]}" container inspect --format '{{.StaticDir}}' "$NAME")
ln -sfn "$IMAGES" "$folder/checkpoint"
echo "$folder" >"$STATE/folder"
# --keep: the stopped container and its images stay, and are restored where they lie. An archive would be read and
# decompressed three times at every import (containers/podman#25662).
# --tcp-established: connections between the engine's own processes are kept.
say "dumping it"
"${PODMAN[@]}" container checkpoint --keep --tcp-established "$NAME" >/dev/null

# Memory as one file that is mapped, not read: a restore takes as long for gigabytes as for megabytes.
# {{gain:pages}}
form=$PAGES
if [ "$form" = mapped ] && [ "$jemalloc" = yes ]; then
  say "the engine has jemalloc built in: its memory is read, not mapped"
  form=no-zeros
fi
case $form in
  mapped) "$HERE/parts/page-mapper" mapped "$IMAGES" "$MEMORY/memory" "$MAPPED_AS" >&2 ;;
  no-zeros) "$HERE/parts/page-mapper" no-zeros "$IMAGES" >&2 ;;
esac

host_facts >"$STATE/host"
stamps >"$STATE/stamps"
say "the checkpoint is there: restore.sh brings the server back"

# shellcheck shell=bash
# What the other scripts share.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=settings.sh
. "$HERE/settings.sh"
# shellcheck source-path=SCRIPTDIR source=engine.sh
. "$HERE/engine.sh"

# runc looks for criu on PATH: the one that was measured goes first.
export PATH="$HERE/parts/criu/bin:$PATH" LC_ALL=C.UTF-8
# By these podman would do something else than what was measured.
unset NOTIFY_SOCKET PODMAN_USERNS
# The runtime must know checkpoints (runc does, Debian's crun does not).
PODMAN=({{podman}})
NVIDIA=${NVIDIA_PROC:-/proc/driver/nvidia}

say() { echo "$NAME: $*" >&2; }
die() { say "$*"; exit 2; }

require() {
  [ "$EUID" = 0 ] || die "needs root: podman and CRIU restore processes as they were. Run it with sudo."
  local program
  for program in podman runc curl awk; do
    command -v "$program" >/dev/null || die "$program is not on PATH: install it."
  done
}

# The driver's version and the GPUs; nothing on a host without one.
driver() {
  awk '/^NVRM version:/ { for (i = 1; i <= NF; i++) if ($i ~ /^[0-9]+\.[0-9]+(\.[0-9]+)?$/) { print $i; exit } }' \
    "$NVIDIA/version" 2>/dev/null || true
}
gpus() {
  nvidia-smi --query-gpu=name,memory.total --format=csv,noheader 2>/dev/null | sed 's/, / /' | paste -sd+ |
    sed 's/+/ + /g' || true
}
criu_version() { criu --version 2>/dev/null | sed -n 's/^Version: //p'; }

# All that a checkpoint depends on. It is written down at the dump and compared at every start, before anything is
# restored: another kernel, CRIU or driver may read the images wrongly or crash the server later.
host_facts() {
  echo "kernel $(uname -r)"
  echo "machine $(cat /etc/machine-id 2>/dev/null || hostname)"
  echo "processor $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
  echo "CRIU $(criu_version)"
  echo "podman and runtime $(stat -Lc '%s %Y' "$(command -v podman)" "$(command -v runc)" 2>/dev/null | paste -sd' ')"
  echo "driver $(driver)"
  echo "GPUs $(sed -n 's/^GPU UUID:[[:space:]]*//p' "$NVIDIA"/gpus/*/information 2>/dev/null | paste -sd' ')"
  echo "engine $(engine_version)"
}

# Every file of the checkpoint with its size and time: CRIU would wait for ever for pages that are missing.
stamps() { find "$IMAGES" "$MEMORY" "$WEIGHTS" -type f -printf '%p %s %T@\n' 2>/dev/null | sort; }

# No other server may answer in its place.
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; }

# Seconds until a server that takes a request and says nothing is given up: the first one may compile for minutes.
PATIENCE=600

# ask [REQUEST]: the stream of the answer. Connections are given up quickly: while CRIU works the kernel may drop the
# first packet, and would repeat it only after a second.
ask() {
  curl --silent --fail --no-buffer --connect-timeout 0.5 --max-time "$PATIENCE" \
    --header 'content-type: application/json' --data "${1:-$REQUEST}" "http://127.0.0.1:$PORT$REQUEST_PATH"
}

# The tokens of an answer, as JSON writes them.
tokens() { sed -n 's/.*"text": *"\(\([^"\\]\|\\.\)*\)".*/\1/p' | tr -d '\n'; }

healthy() { curl --silent --fail --max-time 5 --output /dev/null "http://127.0.0.1:$PORT/health"; }

running() { [ "$("${PODMAN[@]}" container inspect --format '{{.State.Running}}' "$NAME" 2>/dev/null)" = true ]; }

# seconds SINCE: from a moment of $EPOCHREALTIME until now.
seconds() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }'; }

# podman run, as it was measured. Values of secrets come from the environment, not from an argument list.
start_container() {
  if [ -f "$HERE/secrets.env" ]; then
    set -a
    # shellcheck source=/dev/null
    . "$HERE/secrets.env"
    set +a
  fi
  local secret
  for secret in "${SECRETS[@]}"; do
    [ -n "${!secret:-}" ] || die "$secret is not set: put $secret=value into $HERE/secrets.env"
  done
  mkdir -p "$MEMORY" "$WEIGHTS" "$CACHE"
  rm -rf "${WEIGHTS:?}"/*
  "${PODMAN[@]}" rm --force --time 0 "$NAME" >/dev/null 2>&1 || true
  "${PODMAN[@]}" run --detach --name "$NAME" "${NETWORK_FLAGS[@]}" "${CONTAINER[@]}" "$IMAGE_ID" "${COMMAND[@]}" \
    >/dev/null
}

# Asks until the server answers; fails as soon as the container has ended.
wait_for_answer() {
  until ask "$1" >/dev/null; do
    running || { "${PODMAN[@]}" logs --tail 20 "$NAME" >&2 || true; die "the server ended before its first token"; }
    sleep 0.2
  done
}

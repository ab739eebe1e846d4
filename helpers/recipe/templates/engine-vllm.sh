# shellcheck shell=bash
# vLLM: it sleeps before the dump, and its GPU state goes to host memory. Both come back after the restore.

SOCKET=/run/recipe-$NAME.cuda
SLEEP_LEVEL={{sleep_level}}    # 0: it stays awake
WEIGHTS_BY={{weights_by}}    # tmpfs: the sleep backend keeps the weights; engine: vLLM reads them again
CUDA_BY={{cuda_by}}    # suite: the agent moves GPU state; criu-plugin: CRIU does
WEIGHTS_SERVED={{served}}    # yes: a program puts the weights on the GPU beside the restore

# A value that the container's environment has.
environment() { printf '%s\n' "${CONTAINER[@]}" | sed -n "s/^$1=//p" | tail -n 1; }

# Part of the image, which is named by its id; one that lies on this host can be replaced there.
engine_version() {
  local site found
  site=$(environment PYTHONPATH | cut -d: -f1)
  found=$(find "${site:-/nowhere}" -maxdepth 1 -name 'vllm-*.dist-info' -printf '%f\n' 2>/dev/null | head -n 1)
  found=${found#vllm-}
  echo "${found:+${found%.dist-info}}" | grep . || echo "$RUN_ENGINE"
}

# agent PATH: the CUDA agent has done cuInit already and stays; started for each restore, that would be paid each time.
agent() {
  curl --silent --show-error --fail-with-body --max-time 600 --request POST --unix-socket "$SOCKET" "http://agent$1"
}

engine_prepare() {
  [ "$CUDA_BY" = suite ] || return 0
  ! agent /hello >/dev/null 2>&1 || return 0
  local began=$EPOCHREALTIME visible
  visible=$(environment CUDA_VISIBLE_DEVICES)
  rm -f "$SOCKET"
  env ${visible:+"CUDA_VISIBLE_DEVICES=$visible"} setsid "$HERE/parts/cuda-agent" "$SOCKET" </dev/null >/dev/null \
    2>"$STATE/cuda-agent.log" &
  for ((i = 0; i < 600; i++)); do
    ! agent /hello >/dev/null 2>&1 || { say "the CUDA agent is there after $(seconds "$began") s"; return 0; }
    sleep 0.05
  done
  die "the CUDA agent does not answer: $(tail -n 3 "$STATE/cuda-agent.log")"
}

engine_compiled() { "${PODMAN[@]}" logs "$NAME" 2>&1 | grep -q 'Compiling a graph for '; }

# A server that was just restored may not accept yet.
post() {
  local since=$SECONDS
  until curl --silent --fail --max-time 600 --request POST --header 'content-type: application/json' \
    ${2:+--data "$2"} --output /dev/null "http://127.0.0.1:$PORT$1"; do
    [ $((SECONDS - since)) -lt 30 ] || { say "POST $1: no answer"; return 1; }
    sleep 0.005
  done
}

engine_put_away() {
  engine_prepare
  # {{gain:weights}}
  # {{gain:graphs}}
  [ "$SLEEP_LEVEL" = 0 ] || post "/sleep?level=$SLEEP_LEVEL" || die "vLLM does not sleep"
  [ "$SLEEP_LEVEL" != 2 ] || [ "$WEIGHTS_BY" = engine ] || [ -n "$(ls "$WEIGHTS")" ] ||
    die "vLLM sleeps, but its weights are not in $WEIGHTS: its log says why (tmpfs-sleep)"
  "${PODMAN[@]}" container inspect --format '{{.PidFile}}' "$NAME" >"$STATE/pidfile"
  [ "$CUDA_BY" = suite ] || return 0
  # The driver gives up GPU memory; the processes keep its content. CRIU then dumps plain processes.
  agent "/suspend?pid=$(cat "$(cat "$STATE/pidfile")")" >"$STATE/cuda" || die "$(cat "$STATE/cuda")"
}

engine_beside_restore() {
  engine_prepare
  rm -f "$(cat "$STATE/pidfile")"
  [ "$WEIGHTS_SERVED" = yes ] || return 0
  # {{gain:served}}
  local visible blocks all cpus share=()
  visible=$(environment CUDA_VISIBLE_DEVICES)
  all=("$WEIGHTS"/*.blocks)
  # One for each GPU: several at a time share the CPUs (nproc alone obeys variables of OpenMP).
  if [ "${#all[@]}" -gt 1 ]; then
    cpus=$(($(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc) / ${#all[@]}))
    share=(--cpus "$((cpus > 0 ? cpus : 1))")
  fi
  for blocks in "${all[@]}"; do
    blocks=${blocks##*/}
    env ${visible:+"CUDA_VISIBLE_DEVICES=$visible"} "$HERE/parts/weight-server" "$WEIGHTS" "${blocks%.blocks}" \
      "${share[@]}" >/dev/null 2>&1 &
  done
}

engine_sleeps() { true; }

engine_bring_back() {
  local pidfile pid
  pidfile=$(cat "$STATE/pidfile")
  until pid=$(cat "$pidfile" 2>/dev/null) && [ -n "$pid" ]; do sleep 0.002; done
  echo "$pid" >"$STATE/pid"
  # The workers' GPU state; that of the API server, which no request needs, waits until after the first token.
  [ "$CUDA_BY" != suite ] || agent "/resume?pid=$pid&inner=$(cat "$STATE/cuda")" >&2 || return 1
  case $SLEEP_LEVEL-$WEIGHTS_BY in
    0-*) ;;
    # vLLM's own level 2 has dropped the weights and reads them again.
    2-engine)
      post '/wake_up?tags=weights' && post /collective_rpc '{"method":"reload_weights"}' &&
        post '/wake_up?tags=kv_cache' ;;
    *) post /wake_up ;;
  esac
}

engine_after_first_token() {
  [ "$CUDA_BY" != suite ] || agent "/rest?pid=$(cat "$STATE/pid")&inner=$(cat "$STATE/cuda")" >&2 ||
    say "the API server's GPU state did not come back"
}

# The agent stays for the next restore.
engine_stop() {
  [ "${1:-}" = --remove ] || return 0
  agent /end >/dev/null 2>&1 || true
  rm -f "$SOCKET"
}

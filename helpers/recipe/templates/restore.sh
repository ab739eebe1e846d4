#!/usr/bin/env bash
# Brings the server back, until its first token: from the checkpoint, or by a cold start where that fails, and says so.
# Exit: 0 it answers; 2 refused, nothing was started. The last line of its output says how, and in how many seconds.
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
began=$EPOCHREALTIME
require

! port_taken || die "something listens on 127.0.0.1:$PORT already: stop.sh first, if it is this server"

# Seconds until a restored server without a token is given up.
MOST=120

cold_start() {
  say "cold start: $1"
  kill "${restore:-}" 2>/dev/null || true
  rm -f "$STATE/stamps"
  PATIENCE=600
  start_container
  wait_for_answer "$REQUEST"
  say "answers after a cold start of $(seconds "$began") s; stop.sh and checkpoint.sh make a new checkpoint"
  echo "cold $(seconds "$began")"
  exit 0
}

[ -s "$STATE/stamps" ] || cold_start "there is no checkpoint (after a boot: prepare.sh, checkpoint.sh)"
# Side by side: each starts a dozen programs.
host_facts >"$STATE/host.now" &
stamps >"$STATE/stamps.now" &
wait
differs=$(diff "$STATE/host.now" "$STATE/host" | sed -n 's/^< /now /p; s/^> /at the checkpoint /p') || true
[ -z "$differs" ] || die "this host is not the checkpoint's; take it again (checkpoint.sh). It differs in:
$differs"
cmp -s "$STATE/stamps.now" "$STATE/stamps" || cold_start "the files of the checkpoint have changed"

# CRIU's word of an earlier restore would be taken for this one's.
log=$(cat "$STATE/folder")/restore.log
rm -f "$log"
engine_beside_restore
"${PODMAN[@]}" container restore --keep --tcp-established "$NAME" >/dev/null 2>"$STATE/restore.error" &
restore=$!
gone() { ! kill -0 "$restore" 2>/dev/null && ! wait "$restore"; }
why() { echo "the restore failed: $(tail -n 1 "$STATE/restore.error")"; }

# GPU state back and engine awake, as soon as CRIU says that the processes run again: podman ends a little later.
if engine_sleeps; then
  until grep -q 'Restore finished successfully' "$log" 2>/dev/null; do
    ! gone || cold_start "$(why)"
    sleep 0.002
  done
  engine_bring_back || cold_start "the engine did not wake"
fi

PATIENCE=$MOST
# The real request, until its first token; the server that was restored answers as soon as it runs.
first=
while true; do
  ! gone || cold_start "$(why)"
  while IFS= read -r line; do
    echo "$line"
    if [ -z "$first" ] && [[ $line == *'"text"'* ]]; then first=$(seconds "$began"); echo "$first" >"$STATE/first"; fi
  done < <(ask || true) >"$STATE/answer"
  [ -z "$first" ] || break
  [ "$SECONDS" -lt "$MOST" ] || cold_start "no token from the restored server within $MOST s"
  [ "$SECONDS" -lt 2 ] || kill -0 "$restore" 2>/dev/null || running || cold_start "the restored server has ended"
  sleep 0.005
done
wait "$restore" || cold_start "$(why)"
engine_after_first_token

# A server that answers something else than before its dump is not the same server.
[ "$(tokens <"$STATE/answer")" = "$(cat "$STATE/expected")" ] || cold_start "the restored server gives other tokens"
healthy || cold_start "the restored server says that it is not healthy"
say "restored: first token after $first s, the tokens are those from before the checkpoint"
echo "restored $first"

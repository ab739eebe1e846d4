#!/bin/sh
# The first process of a container for vLLM's own snapshot: snapshot.sh FOLDER PORT PYTHON MODEL ARGUMENT...
# Takes the snapshot where FOLDER has none and ends; else restores from it and stays as long as the server.
set -eu
folder=$1 port=$2 python=$3
shift 3
if [ ! -e "$folder/manifest.json" ]; then
  exec "$python" -m vllm.entrypoints.cli.main snapshot create "$@" --snapshot-dir "$folder"
fi
# ends once the server answers; the server is no child of it
"$python" -m vllm.entrypoints.cli.main snapshot restore "$folder" --host 127.0.0.1 --port "$port"
while kill -0 "$(cat "$folder/restored.pid")" 2>/dev/null; do sleep 0.2; done
exit 1

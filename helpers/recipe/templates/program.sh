#!/bin/sh
# {{what}}: its source lies below, run by the Node beside it.
parts=$(cd "$(dirname "$0")" && pwd)
unset NODE_OPTIONS NODE_PATH
exec "$parts/node" "$parts/source/helpers/recipe/programs/{{program}}.ts" "$@"

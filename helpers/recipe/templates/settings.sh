# shellcheck shell=bash disable=SC2034
# What was measured, as settings: the other scripts read this file.
# Made from {{source}}: scenario {{scenario}}.
# TFFT there: {{tfft}}; cold start: {{cold}}.
#
# What each setting of that scenario gained in that run:
{{gains}}

NAME={{name}}
PORT={{port}}

# host: the server shares the host's network and listens on 127.0.0.1, as it was measured.
# published: it has a network of its own, and podman publishes the port on 127.0.0.1. Not measured.
NETWORK=${NETWORK:-host}
case $NETWORK in
  host) NETWORK_FLAGS=(--network host) ADDRESS=127.0.0.1 ;;
  published) NETWORK_FLAGS=(--publish "127.0.0.1:$PORT:$PORT") ADDRESS=0.0.0.0 ;;
  *) echo "NETWORK: received $NETWORK, allowed are host and published" >&2; exit 2 ;;
esac

# Checkpoint, mapped memory and weights. On a tmpfs they are gone after a reboot, like the server itself.
STATE={{state}}
IMAGES=$STATE/images
MEMORY=$STATE/pages
WEIGHTS=$STATE/weights
STORAGE={{storage}}    # disk, tmpfs or tmpfs-huge
STATE_MEGABYTES={{megabytes}}    # what they took, and half as much again
THP={{thp}}    # transparent huge pages; host leaves them as they are
PAGES={{pages}}    # as-dumped, no-zeros or mapped
MAPPED_AS={{mapped_as}}    # mapped memory, as the container sees it
CACHE=$HERE/cache    # compiled code, where the engine keeps some; stays over a reboot

# The image by id: a tag may mean another one tomorrow.
IMAGE={{image}}
IMAGE_ID={{image_id}}
IMAGE_SOURCE={{image_source}}    # an archive in this folder, or what podman pulls

# Secrets of the container, by name: put NAME=value lines into secrets.env (chmod 600).
SECRETS=({{secrets}})

# podman run of the measured server, without what belonged to the suite (its store, label and cgroup).
CONTAINER=(
{{container}}
)
COMMAND=(
{{command}}
)

# The measured request. A restored server must answer it with the tokens from before its checkpoint.
REQUEST_PATH={{request_path}}
REQUEST={{request}}
# Asked before the dump, and how often after the first answer.
WARM_UP={{warm_up}}
WARM_UPS={{warm_ups}}

# Where it was measured. checkpoint.sh refuses another GPU, driver or engine: measure there first.
RUN_KERNEL={{run_kernel}}
RUN_CRIU={{run_criu}}
RUN_DRIVER={{run_driver}}
RUN_GPU={{run_gpu}}
RUN_ENGINE={{run_engine}}

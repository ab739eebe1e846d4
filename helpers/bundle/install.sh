#!/bin/sh
# Sets a host without a network up from the parts beside this file.
# Needs root, sh, tar, xz, sha256sum; python3 for wheels.
set -u
usage() {
    cat <<'TEXT'
Usage: sh install.sh [--checkout DIR] [--prefix DIR] [--python PROGRAM]

Checks the parts beside it (SHA256SUMS), unpacks them below the prefix and adds to the host what it lacks:
links in /usr/local for podman and its parts, libraries that no installed one replaces, a CRIU for the suite alone.
What the host has stays as it is. Safe to run again.

  --checkout  the suite's folder on this host; the bundle's own copy otherwise
  --prefix    where it is unpacked (/opt/criu-gpu-bench)
  --python    the Python that the wheels are for (python3)
  STATE_DIR   in the environment: the suite's state folder (/var/lib/criu-gpu-bench)
TEXT
}
say() { echo "install: $*"; }
die() { echo "install: $*" >&2; exit 2; }

prefix=/opt/criu-gpu-bench checkout='' python=python3 state=${STATE_DIR:-/var/lib/criu-gpu-bench}
while [ $# -gt 0 ]; do
    case $1 in
        --help | -h) usage; exit 0 ;;
        --checkout | --prefix | --python)
            [ $# -ge 2 ] || die "$1 needs a value"
            case $1 in --checkout) checkout=$2 ;; --prefix) prefix=$2 ;; *) python=$2 ;; esac
            shift 2
            ;;
        *) usage >&2; die "unknown argument: $1" ;;
    esac
done
for path in "$prefix" "$state"; do
    case $path in /*) ;; *) die "$path is no absolute path" ;; esac
    case $path in *[!A-Za-z0-9/._-]*) die "$path: only letters, digits, '/', '.', '_' and '-' can stand in it" ;; esac
done
[ -z "$checkout" ] || checkout=$(cd "$checkout" && pwd) || die "--checkout: there is no such folder"
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
[ "$(id -u)" = 0 ] || die 'root is needed: it adds links in /usr/local'
for program in tar xz sha256sum ldconfig; do command -v $program >/dev/null || die "$program is not installed"; done
[ "$(uname -m)" = x86_64 ] || die "this bundle is for x86_64, and this host is $(uname -m)"
umask 022

# 1. Parts, checked before anything is written.
cd "$here" || exit 2
[ -s SHA256SUMS ] || die "$here/SHA256SUMS is missing: put every file of the bundle into one folder"
sha256sum --check --quiet SHA256SUMS || die "a part is missing or damaged: copy the parts named above again"
say "$(wc -l < SHA256SUMS) parts are whole"

# 2. Unpacked under another name, renamed when whole. The same bundle is not unpacked twice.
mkdir -p "$prefix" || exit 2
if cmp -s SHA256SUMS "$prefix/SHA256SUMS"; then
    say "this bundle is unpacked in $prefix already"
else
    new=$prefix/new
    rm -rf "$new"
    mkdir "$new" "$new/packed" || exit 2
    cat part.* | tar -xf - -C "$new/packed" || die "the parts could not be joined in $new: is there room on the disk?"
    jobs=''
    for archive in "$new"/packed/*.tar.xz; do
        name=$(basename "$archive" .tar.xz)
        ( mkdir "$new/$name" && xz -dc -T0 "$archive" | tar -xf - -C "$new/$name" && : > "$new/$name.done" ) &
        jobs="$jobs $name"
    done
    wait
    for name in $jobs; do
        [ -e "$new/$name.done" ] || die "$name.tar.xz could not be unpacked in $new: is there room on the disk?"
        rm "$new/$name.done"
    done
    cp "$new/packed/contents.json" "$new/packed/python-version" "$prefix/"
    for name in $jobs; do rm -rf "${prefix:?}/$name"; mv "$new/$name" "$prefix/$name" || exit 2; done
    rm -rf "$new"
    cp SHA256SUMS "$prefix/SHA256SUMS"
    say "unpacked$jobs into $prefix"
fi

# 3. What the host lacks, as links; nothing is replaced.
link() { # TARGET NAME
    [ -L "$2" ] && [ "$(readlink "$2")" = "$1" ] && return
    [ -e "$2" ] || [ -L "$2" ] && return
    mkdir -p "$(dirname "$2")" && ln -s "$1" "$2" && added="$added $(basename "$2")"
}
added=''
for file in "$prefix"/podman/bin/*; do
    name=$(basename "$file")
    command -v "$name" >/dev/null || link "$file" "/usr/local/bin/$name"
done
for file in "$prefix"/podman/helpers/*; do
    name=$(basename "$file") found=''
    for folder in /usr/local/libexec/podman /usr/local/lib/podman /usr/libexec/podman /usr/lib/podman; do
        [ -e "$folder/$name" ] && found=1
    done
    [ -n "$found" ] || link "$file" "/usr/local/libexec/podman/$name"
done
for name in seccomp.json containers.conf; do
    [ -e /etc/containers/$name ] || link "$prefix/podman/containers/$name" /usr/share/containers/$name
done
if [ ! -e /etc/containers/policy.json ]; then
    mkdir -p /etc/containers && cp "$prefix/podman/containers/policy.json" /etc/containers/ &&
        added="$added policy.json"
fi
if ! ls -d /usr/lib/*/xtables /usr/lib/xtables /lib/*/xtables >/dev/null 2>&1; then
    for folder in /usr/lib/x86_64-linux-gnu /usr/lib64; do
        [ -d $folder ] && { link "$prefix/podman/xtables" $folder/xtables; break; }
    done
fi
node=$prefix/node_modules/node/bin/node
[ ! -e "$node" ] || command -v node >/dev/null || link "$node" /usr/local/bin/node
# Libraries by name: only those that the dynamic linker does not find yet.
ldconfig
known=$(ldconfig -p)
for file in "$prefix"/podman/lib/*; do
    name=$(basename "$file")
    case $known in *"	$name ("*) ;; *) link "$file" "$prefix/lib/$name" ;; esac
done
listed=/etc/ld.so.conf.d/criu-gpu-bench.conf
[ ! -d "$prefix/lib" ] || [ -e $listed ] || { mkdir -p /etc/ld.so.conf.d && echo "$prefix/lib" > $listed; }
ldconfig
say "added:${added:- nothing, the host has all}"
for name in podman conmon runc; do
    version=$($name --version 2>&1) || die "$name does not run: $version
This bundle's programs need glibc 2.39 or newer, this host has $(ldd --version 2>&1 | head -1): \
install its own podman, conmon and runc."
    say "$(command -v $name): $(echo "$version" | head -1)"
done

# 4. CRIU for the suite alone, where set-up looks for it.
mkdir -p "$state" && chmod go-w "$state" || exit 2
for source in "$prefix"/criu/criu-*; do
    name=$(basename "$source") own=$state/$(basename "$source")
    if [ ! -x "$own/bin/criu" ]; then
        new=$state/criu.part-$$
        rm -rf "$own" "$new" && cp -a "$source" "$new" || exit 2
        libraries=$(cd "$source" && echo usr/lib/*/libc.so.6) && libraries=$(dirname "$libraries") || exit 2
        linker=$(cd "$source/$libraries" && echo ld-linux*)
        printf '#!/bin/sh\nexec %s --library-path %s %s "$@"\n' \
            "$own/$libraries/$linker" "$own/$libraries" "$own/usr/sbin/criu" > "$new/bin/criu"
        chmod 755 "$new/bin/criu" && mv "$new" "$own" || exit 2
    fi
    version=$("$own/bin/criu" --version | sed -n 's/^Version: //p')
    [ -n "$version" ] || die "$own/bin/criu does not run"
    # The choice that set-up would record; it looks at it again, and takes another where this one does not work.
    if [ ! -e "$state/criu.json" ]; then
        # as withoutDefaults of helpers/setup/criu.ts writes it
        mkdir -p "$state/bin" && rm -f "$state/bin/criu" || exit 2
        printf "#!/bin/sh\\nunset CRIU_CONFIG_FILE\\nexec '%s' --no-default-config \"\$@\"\\n" \
            "$own/bin/criu" > "$state/bin/criu" && chmod 755 "$state/bin/criu" || exit 2
        printf '{"path":"%s","version":"%s","from":"debian","packages":%s}\n' \
            "$own/bin/criu" "$version" "$(cat "$own/packages.json")" > "$state/criu.json"
    fi
    say "$own/bin/criu: $version"
done

# CRIU's CUDA plugin beside it; set-up puts its program on CRIU's PATH.
if [ -d "$prefix/cuda-plugin" ]; then
    new=$state/cuda-plugin.part-$$
    rm -rf "$new" "$state/cuda-plugin" && cp -a "$prefix/cuda-plugin" "$new" && mv "$new" "$state/cuda-plugin" || exit 2
    say "$state/cuda-plugin/cuda_plugin.so"
fi

# 5. The embedded engine: set-up makes its image from these files, and copies the model.
if [ -d "$prefix/engine" ]; then
    rm -rf "$state/bundled"
    ln -s "$prefix/engine" "$state/bundled" || exit 2
    say "llama.cpp and its model: $prefix/engine"
fi

# 6. Python packages.
if [ -d "$prefix/site" ]; then
    wanted=$(cat "$prefix/python-version")
    has=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) ||
        die "$python does not run, and the bundle's Python packages need it: name another with --python"
    [ "$has" = "$wanted" ] || die "the bundle's Python packages are for Python $wanted, and $python is $has: \
name another with --python, or bundle with --python $has"
    say "VLLM_SITE=$prefix/site"
fi

# 7. Node and the npm packages in the checkout.
if [ -z "$checkout" ] && [ -d "$prefix/suite" ]; then checkout=$prefix/suite; fi
if [ -n "$checkout" ]; then
    if [ ! -e "$checkout/node_modules" ]; then
        rm -f "$checkout/node_modules"
        ln -s "$prefix/node_modules" "$checkout/node_modules"
    fi
    say "ready. Next: cd $checkout && node helpers/bootstrap.mjs setup"
else
    say "ready. Next: sh install.sh --checkout DIR"
fi

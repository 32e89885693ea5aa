#!/bin/sh
# Names the Debian packages that a task needs, installs the missing ones with apt.
# usage: deps.sh build|test|e2e|lint|bench …   (each includes what it builds upon)
set -eu

build="gcc libc6-dev make python3 python3-yaml tzdata
       libyaml-dev libcsv-dev libsqlite3-dev libarchive-dev libinih-dev
       libssl-dev libutf8proc-dev libidn2-dev zlib1g-dev liblzma-dev libzstd-dev
       libmagic-dev libqpdf-dev libpng-dev libjpeg62-turbo-dev libseccomp-dev"
tests="libcmocka-dev libasan8 libubsan1 binutils sqlite3 tar gzip xz-utils zstd zip unzip qpdf libjpeg-turbo-progs openssl strace wamerican"
lint="clang-format clang-tidy cppcheck"
e2e="nodejs npm" # an editor's judge of dossier.schema.json
bench="python3-yaml python3-zstandard python3-pil python3-pikepdf sqlite3 e2fsprogs mount"

wanted=$build
for task in "$@"; do
    case $task in
    build) ;;
    test) wanted="$wanted $tests" ;;
    lint) wanted="$wanted $lint" ;;
    e2e) wanted="$wanted $tests $e2e" ;;
    bench) wanted="$wanted $tests $bench" ;;
    *) echo "deps.sh: unknown task: $task" >&2; exit 64 ;;
    esac
done

missing=
for package in $wanted; do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "Missing packages:$missing"
if [ "$(id -u)" -ne 0 ]; then
    echo "Not root: run this, then make again:" >&2
    echo "    sudo apt-get update && sudo apt-get install --no-install-recommends$missing" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# Old lists may name versions that the archive no longer has; an offline mirror may still serve them.
apt-get update -qq || echo "apt-get update failed: trying with the lists that are here" >&2
# shellcheck disable=SC2086  # a list of words
apt-get install -y -qq --no-install-recommends $missing

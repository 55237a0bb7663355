#!/bin/sh
# Sets up .venv from the lock files: `sh tools/setup.sh run` or `sh tools/setup.sh dev`.
# Does nothing, in a few milliseconds, when the locks are the ones installed last. Works offline from a pip cache.
set -eu

level=${1:-run}
venv=.venv
log=$venv/setup.log

case $level in
    run) lock=requirements.lock ;;
    dev) lock=requirements-dev.lock ;;
    *) echo "usage: sh tools/setup.sh run|dev" >&2; exit 2 ;;
esac

# The folder's own name belongs to the key: a moved or copied .venv points to the old place.
key=$({ pwd; cat pyproject.toml requirements.lock requirements-dev.lock; } | cksum)
# What is needed to test contains what is needed to run.
for done_level in dev "$level"; do
    if [ -x $venv/bin/waymark ] && [ "$(cat "$venv/ready-for-$done_level" 2>/dev/null)" = "$key" ]; then
        exit 0
    fi
done

# Two terminals at once: the second waits, then finds everything ready. (Not every system has flock.)
if [ -z "${WAYMARK_SETUP_LOCKED:-}" ] && command -v flock > /dev/null; then
    WAYMARK_SETUP_LOCKED=1 exec flock pyproject.toml sh "$0" "$level"
fi

is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

python=
for candidate in "${PYTHON:-python3}" python3 python3.13 python3.12 python3.11; do
    if is_recent "$candidate"; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
    echo "Waymark needs Python 3.11 or later; install it, or say where it is: make setup PYTHON=/path/to/python3" >&2
    exit 1
fi

fail() {
    tail -n 15 "$log" >&2 2>/dev/null || true
    echo "$1 (all of it: $log)" >&2
    exit 1
}

if [ "$level" = dev ]; then what="what tests and checks need"; else what="what the bot needs"; fi
echo "Setting up $what in $venv (about a minute the first time)…"
mkdir -p $venv
rm -f $venv/ready-for-*

if ! is_recent $venv/bin/python || [ "$(cat $venv/place 2>/dev/null)" != "$(pwd)" ]; then
    "$python" -m venv --clear $venv > "$venv.log" 2>&1 || {
        tail -n 5 $venv.log >&2; rm -f $venv.log
        echo "Python could not make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2
        exit 1
    }
    rm -f $venv.log
    pwd > $venv/place
fi

pip() {
    PIP_NO_INPUT=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_WARN_SCRIPT_LOCATION=1 \
        $venv/bin/python -m pip "$@" >> "$log" 2>&1
}

: > "$log"
pip install --require-hashes --prefer-binary --no-deps -r $lock \
    || fail "Could not install the packages; is the network, or a pip cache, reachable?"
pip install --no-build-isolation --no-deps --no-index --config-settings editable_mode=compat -e . \
    || fail "Could not install the project itself"

echo "$key" > "$venv/ready-for-$level"
echo "Ready."

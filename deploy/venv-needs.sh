#!/bin/sh
# Debian ships the venv module apart from Python; it is installed where that is allowed.
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends python3-venv; } >/dev/null 2>&1 && exit 0
fi
echo "Python's venv module is missing: apt install python3-venv" >&2
exit 1

#!/bin/sh
# What some tests use beside Python: Debian's Chromium (pages) and Redis (a second server). Installed where that is allowed,
# otherwise named in one line; the tests that need them then say that they were left out.
missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing; } >/dev/null 2>&1
fi
left=""
command -v chromium >/dev/null 2>&1 || left="$left chromium"
command -v redis-server >/dev/null 2>&1 || left="$left redis-server"
[ -z "$left" ] || echo "left out: tests that need$left (not installed, and not allowed to install)"
exit 0

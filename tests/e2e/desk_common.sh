#!/bin/sh
# desk_common.sh: what the scripts of the desk share, for them to read: a folder, $work, that goes when
# they do, as do the processes in $server, $store and $teller; how they wait, and how they fail, by
# the name in $who.
work=$(mktemp -d) || exit 1
server='' store='' teller=''
# shellcheck disable=SC2317 # called by the trap
leave() {
    for pid in $teller $store $server; do
        kill "$pid" 2>/dev/null
    done
    wait
    rm -rf "$work"
}
trap leave EXIT
trap 'exit 1' INT TERM
fail() {
    echo "${who:?}: $*"
    exit 1
}
# need PROGRAM…: 77 where one is not installed.
need() {
    for program in "$@"; do
        command -v "$program" >/dev/null || {
            echo "skipped: $program is not installed"
            exit 77
        }
    done
}
# wait_for SECONDS COMMAND…: until it succeeds.
wait_for() {
    tries=$(($1 * 10))
    shift
    until "$@" 2>/dev/null; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.1
    done
}
# As the first user of the server that has announced itself in $work/announce, at home in $work.
become_user() {
    HOME=$work BLOTTER_USER=user-1
    BLOTTER_URL=$(jq -r .url "$work/announce")
    BLOTTER_TOKEN=$(jq -r '.users[0].token' "$work/announce")
    XDG_CONFIG_HOME=$work/config XDG_STATE_HOME=$work/state XDG_CACHE_HOME=$work/cache
    export HOME BLOTTER_USER BLOTTER_URL BLOTTER_TOKEN XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME
}

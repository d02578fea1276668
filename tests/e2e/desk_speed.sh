#!/bin/sh
# desk_speed.sh MAN_DIR BLOTTER MOCK [EVENTS]: the recipe for Redis of blotter(1), fed by blotter with
# a cursor, beside the same pipe fed from a file that holds the same lines; and what a cursor costs
# without any pipe. Prints ratios, which hold on a busy machine as well. 77: something is missing.
set -u
man=$1
blotter=$(realpath "$2")
mock=$3
events=${4:-200000}
who=desk_speed
# shellcheck source=tests/e2e/desk_common.sh
. "$(dirname "$0")/desk_common.sh"
need jq sqlite3 redis-server redis-cli
now_ms() {
    date +%s%3N
}

# --- a server that has so much to tell again, and nothing else ----------------------------------------
start_mock() {
    "$mock" --db "$work/mock.db" --rate 0 --quotes 0 --seed 3 --users 1 --retain "$((2 * events))" \
        >"$work/announce" 2>&1 &
    server=$!
    wait_for 20 grep -q token "$work/announce" || fail "the server does not start: $(cat "$work/announce")"
}
start_mock
kill "$server"
wait "$server"
sqlite3 "$work/mock.db" "INSERT INTO events (user_id, type, data) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL
    SELECT i + 1 FROM n WHERE i < $events + 1) SELECT 'user-1', 'order_updated', json_object('orderId',
    'order-' || (i % 500), 'symbol', 'RELIANCE', 'quantity', 10, 'orderSide', 'BUY', 'status', 'PENDING',
    'price', 2900 + i % 100, 'filledQuantity', 0) FROM n"
first=$(sqlite3 "$work/mock.db" "SELECT max(id) - $events FROM events")
start_mock
become_user
# tell OPTIONS…: all of it, as lines.
tell() {
    "$blotter" --watch -o json -e 'order_*' --after "$first" -n "$events" "$@" 2>/dev/null
}

# --- the recipe's filter, as it stands there ----------------------------------------------------------
sed -n '/^# redis$/,/^\.Ed/p' "$man/blotter.1" | sed '/^\.Ed/d; s/\\e/\\/g' |
    sed -n "/jq --unbuffered -r '/,/end'/p" | sed "s/.*jq --unbuffered -r '//; s/end'.*/end/" >"$work/filter"
grep -q XADD "$work/filter" || fail 'blotter(1) has no recipe for Redis'
redis-server --port 0 --unixsocket "$work/redis.sock" --dir "$work" --save '' >"$work/redis.log" 2>&1 &
store=$!
wait_for 20 redis-cli -s "$work/redis.sock" ping || fail 'Redis does not start'
into_redis() {
    jq --unbuffered -r -f "$work/filter" | redis-cli -s "$work/redis.sock" --pipe >/dev/null
}

# --- each way, by turns, the best of three ------------------------------------------------------------
tell >"$work/lines"
[ "$(wc -l <"$work/lines")" = "$events" ] || fail "only $(wc -l <"$work/lines") of $events were told"
# What our children have used of the processors.
cpu_ms() {
    times >"$work/times"
    sed -n 2p "$work/times" | tr 'ms' '  ' | awk '{ printf "%.0f\n", ($1 * 60 + $2 + $3 * 60 + $4) * 1000 }'
}
# timed CLOCK NAME COMMAND…: keeps the shortest time.
timed() {
    clock=$1
    name=$2
    shift 2
    "$clock" >"$work/before" # not $(…), whose children are its own
    "$@"
    "$clock" >"$work/after"
    took=$(($(cat "$work/after") - $(cat "$work/before")))
    eval "best=\${best_$name:-$took}"
    [ "$took" -gt "$best" ] || best=$took
    eval "best_$name=$best"
}
by_blotter() {
    redis-cli -s "$work/redis.sock" flushall >/dev/null
    rm -f "$work/cursor"
    tell --cursor "$work/cursor" | into_redis
    [ "$(redis-cli -s "$work/redis.sock" xlen blotter)" = "$events" ] || fail 'Redis does not have them all'
}
by_file() {
    redis-cli -s "$work/redis.sock" flushall >/dev/null
    into_redis <"$work/lines"
}
with_cursor() {
    rm -f "$work/cursor"
    tell --cursor "$work/cursor" >/dev/null
}
without_cursor() {
    tell >/dev/null
}
for _ in 1 2 3; do
    timed now_ms redis by_blotter
    timed now_ms file by_file
    timed cpu_ms cursor with_cursor
    timed cpu_ms plain without_cursor
done
# shellcheck disable=SC2154 # set by timed
awk -v n="$events" -v redis="$best_redis" -v file="$best_file" -v cursor="$best_cursor" -v plain="$best_plain" \
    'BEGIN {
        printf "desk_speed: %d events into Redis: %.0f/s by blotter with a cursor, %.0f/s from a file: %.2f times its time (1.30)\n",
            n, n * 1000 / redis, n * 1000 / file, redis / file
        printf "desk_speed: --watch -o json to /dev/null: %.2f us of processor an event with a cursor, %.2f without: %+.1f %% (5)\n",
            cursor * 1000 / n, plain * 1000 / n, (cursor / plain - 1) * 100
        exit redis > file * 1.3 || cursor > plain * 1.05
    }' || fail 'over its budget'

#!/bin/sh
# desk_snapshot.sh BLOTTER MOCK [POINTS [RATE]]: --watch --with-snapshot at random moments of a market
# at full speed: behind each pane come the events after its id, none twice, none missing, and with
# them its rows are the database's. 77: something is not installed.
set -u
blotter=$1
mock=$2
points=${3:-5}
rate=${4:-400}
for program in jq sqlite3; do
    command -v "$program" >/dev/null || {
        echo "skipped: $program is not installed"
        exit 77
    }
done
work=$(mktemp -d) || exit 1
server=''
# shellcheck disable=SC2317 # called by the trap
leave() {
    [ -z "$server" ] || kill "$server" 2>/dev/null
    wait
    rm -rf "$work"
}
trap leave EXIT
trap 'exit 1' INT TERM
fail() {
    echo "desk_snapshot: $*"
    exit 1
}
# The order's members that both a read and an event tell, one line each.
orders='"\(.id // .orderId) \(.status) \(.quantity) \(.filledQuantity)"'

"$mock" --db "$work/mock.db" --rate "$rate" --quotes 5 --seed 3 --users 1 --orders-limit 100000 \
    >"$work/announce" 2>&1 &
server=$!
tries=200
until grep -q token "$work/announce"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail 'the server does not start'
    sleep 0.1
done
BLOTTER_USER=user-1
BLOTTER_URL=$(jq -r .url "$work/announce")
BLOTTER_TOKEN=$(jq -r '.users[0].token' "$work/announce")
XDG_CONFIG_HOME=$work XDG_STATE_HOME=$work XDG_CACHE_HOME=$work HOME=$work
export BLOTTER_USER BLOTTER_URL BLOTTER_TOKEN XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME HOME

told=0
for point in $(seq "$points"); do
    "$blotter" --watch -o json --with-snapshot -e 'order_*' -n 40 >"$work/said" 2>/dev/null ||
        fail "point $point: status $?"
    [ "$(jq -c 'select(.snapshot)' "$work/said" | wc -l)" = 4 ] || fail "point $point: not four panes"
    id=$(jq -r 'select(.snapshot == "orders") | .id' "$work/said")
    jq -r 'select(.seq) | .id' "$work/said" >"$work/have"
    sqlite3 -cmd '.timeout 5000' "$work/mock.db" "SELECT id FROM events WHERE user_id = 'user-1' AND type GLOB 'order_*'
        AND id > $id ORDER BY id LIMIT 40" >"$work/want"
    cmp -s "$work/have" "$work/want" || fail "point $point: other events than those after $id"
    last=$(tail -n 1 "$work/have")
    # state + events: the last word on each order
    {
        jq -r 'select(.snapshot == "orders") | .data[] | '"$orders" "$work/said"
        jq -r 'select(.seq) | .data | '"$orders" "$work/said"
    } | awk '{ row[$1] = $0 } END { for (id in row) print row[id] }' | sort >"$work/state"
    # the table's: each order's last event up to then, else the row as it is (it had none since)
    sqlite3 -cmd '.timeout 5000' "$work/mock.db" "SELECT data ->> 'orderId' || ' ' || (data ->> 'status') || ' '
        || (data ->> 'quantity') || ' ' || (data ->> 'filledQuantity') FROM (SELECT data, max(id) FROM events
        WHERE user_id = 'user-1' AND type GLOB 'order_*' AND id <= $last GROUP BY data ->> 'orderId')" |
        sort >"$work/table"
    lost=$(comm -13 "$work/state" "$work/table" | while read -r order rest; do
        # the market clears old orders away: what the read no longer held is not missed
        grep -q "^$order " "$work/state" && echo "$order $rest"
    done)
    [ -z "$lost" ] || fail "point $point: the state is not the table's: $lost"
    told=$((told + $(wc -l <"$work/have")))
done
[ "$told" = $((points * 40)) ] || fail "only $told events"
echo "desk_snapshot: $points points, $told events, state and events are the state"

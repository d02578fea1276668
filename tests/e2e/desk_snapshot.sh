#!/bin/sh
# desk_snapshot.sh BLOTTER MOCK [POINTS [RATE]]: --watch --with-snapshot, begun at random moments of a
# market at full speed and followed through random points of it, at each of which the database is read
# in one transaction. Behind each pane come the events after its id, none twice, none missing, and what
# was told first with the events up to a point is what the database held then. 77: something is not
# installed.
set -u
blotter=$1
mock=$2
points=${3:-5}
rate=${4:-400}
each=25 # points of one start
who=desk_snapshot
# shellcheck source=tests/e2e/desk_common.sh
. "$(dirname "$0")/desk_common.sh"
need jq sqlite3

"$mock" --db "$work/mock.db" --rate "$rate" --quotes 5 --seed 3 --users 1 >"$work/announce" 2>&1 &
server=$!
wait_for 60 grep -q token "$work/announce" || fail "the server does not start: $(cat "$work/announce")"
become_user

# --- what is compared: the members that both a read and an event tell ---------------------------------
told="user_id = 'user-1' AND"
orders="type GLOB 'order_*'" positions="type GLOB 'position_*'"
account="(type GLOB 'margin_*' OR type = 'balance_updated')"
# One statement is one transaction: the tables and the last event that is in them.
cat >"$work/point.sql" <<END
SELECT json_object(
    'id', (SELECT max(id) FROM events WHERE $told ($orders OR $positions OR $account)),
    'orders', (SELECT json_group_object(id, json_array(status, symbol, orderSide, quantity, filledQuantity,
        averagePrice)) FROM (SELECT * FROM orders ORDER BY createdAt DESC, rowid DESC LIMIT 100)),
    'positions', (SELECT json_group_object(id, json_array(symbol, quantity, averagePrice)) FROM positions
        WHERE quantity <> 0),
    'account', (SELECT json_group_object('account', json_array(balance, availableMargin, usedMargin))
        FROM trading_accounts));
END
# Lines of blotter in, with the points; out: for each point its id and how many rows were the same.
cat >"$work/compare.jq" <<'END'
def row($pane): if $pane == "orders" then [.status, .symbol, .orderSide, .quantity, .filledQuantity, .averagePrice]
    elif $pane == "positions" then [.symbol, .quantity, .averagePrice]
    else [.balance, .availableMargin, .usedMargin] end;
def key($pane): if $pane == "account" then "account" else .orderId // .positionId // .id end;
# Each row of the table is told as it is. No other position is open: one may be among those that are
# closed, while an order may have been cleared away that nothing shows any more.
def compare($point): . as $state
    | [$point | to_entries[] | select(.value | type == "object") | .key as $pane | .value | to_entries[]
        | select($state[$pane][.key] != .value) | {($pane): .key, table: .value, told: $state[$pane][.key]}]
      + [$state.positions | to_entries[] | select(.value[1] != 0 and $point.positions[.key] == null)
        | {positions: .key, table: null, told: .value}]
    | if length > 0 then error("point \($point.id): " + (.[:5] | tojson))
      else "\($point.id) \([$point[] | objects | length] | add)" end;
foreach (inputs, {end: true}) as $line ({state: {orders: {}, positions: {}, account: {}}, at: 0};
    .passed = []
    | until(.at >= ($points | length) or ($line.end | not) and
            ($line.seq == null or ($line.id | tonumber) <= $points[.at].id);
        .passed += [$points[.at]] | .at += 1)
    | .out = (.passed as $passed | [.state | compare($passed[])])
    | if $line.snapshot then reduce ($line.data | if type == "array" then .[] else . end) as $one
            (.; .state[$line.snapshot][$one | key($line.snapshot)] = ($one | row($line.snapshot)))
      elif $line.seq then .state[$line.pane][$line.data | key($line.pane)] = ($line.data | row($line.pane))
      else . end;
    .out[])
END

id_of() {
    jq -r "select(.snapshot == \"$1\") | .id" "$work/said"
}
has_panes() {
    [ "$(head -n 4 "$work/said" | grep -c '"snapshot":')" = 4 ]
}
has_reached() {
    [ "$(tail -n 2 "$work/said" | head -n 1 | jq -r .id)" -ge "$1" ]
}
# one_start POINTS: from the panes through the points; what was told and what was there.
one_start() {
    rm -f "$work/said" # it is another's until the new one is made
    "$blotter" --watch -o json --with-snapshot -e 'order_*' -e 'position_*' -e 'margin_*' -e balance_updated \
        >"$work/said" 2>"$work/errors" &
    teller=$!
    wait_for 60 has_panes || fail "no panes are told: $(cat "$work/errors")"
    awk -v n="$1" -v seed="$(od -An -N4 -tu4 /dev/urandom)" -v at="$work/point.sql" 'BEGIN {
        srand(seed)
        print ".timeout 10000"
        for (i = 0; i < n; i++) printf ".shell sleep %.3f\n.read %s\n", rand() / 8, at
    }' | sqlite3 "$work/mock.db" >"$work/points" || fail 'the database cannot be read'
    wait_for 60 has_reached "$(tail -n 1 "$work/points" | jq .id)" || fail "events do not come: $(cat "$work/errors")"
    kill "$teller"
    wait "$teller" 2>/dev/null
    teller=''
}
none_is_missing() {
    jq -r 'select(.seq) | .id' "$work/said" >"$work/have"
    sqlite3 -cmd '.timeout 10000' "$work/mock.db" "SELECT id FROM events WHERE $told id <= $(tail -n 1 "$work/have")
        AND ($orders AND id > $(id_of orders) OR $positions AND id > $(id_of positions)
        OR $account AND id > $(id_of account)) ORDER BY id" >"$work/want"
    cmp -s "$work/have" "$work/want" || fail "start $starts, behind $(id_of orders) other events than there were: \
$(diff "$work/have" "$work/want" | head -n 5)"
}

passed=0 starts=0 events=0 rows=0
while [ "$passed" -lt "$points" ]; do
    starts=$((starts + 1))
    count=$((points - passed < each ? points - passed : each))
    one_start "$count"
    none_is_missing
    jq -rn --slurpfile points "$work/points" -f "$work/compare.jq" "$work/said" >"$work/same" 2>"$work/differs" ||
        fail "start $starts, $(cat "$work/differs")"
    [ "$(wc -l <"$work/same")" = "$count" ] || fail "start $starts: $(wc -l <"$work/same") of $count points"
    passed=$((passed + count))
    events=$((events + $(wc -l <"$work/have")))
    rows=$((rows + $(awk '{ n += $2 } END { print n }' "$work/same")))
    [ $((passed % 50)) != 0 ] ||
        echo "desk_snapshot: $passed of $points points, $events events, $rows rows the same"
done
[ "$events" -gt "$points" ] || fail 'hardly anything has happened'
echo "desk_snapshot: $points points of $starts starts, $events events, $rows rows: state and events are the state"

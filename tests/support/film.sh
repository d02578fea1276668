#!/bin/sh
# film.sh BUILD OUT.svg: README's moving picture, taken from the real program on its own server: an
# order is placed and filled, a stop passes, the network goes and comes back.
set -eu
build=$1
out=$2
dir=$(mktemp -d)
export XDG_STATE_HOME="$dir/state" XDG_CACHE_HOME="$dir/cache"

# The server, on the port it had before, with what it knew before.
cat >"$dir/serve" <<'END'
#!/bin/sh
# serve BUILD DIR [MORE…]: writes DIR/line once it serves, DIR/pid.
build=$1 dir=$2
shift 2
rm -f "$dir/line"
mkfifo "$dir/line"
"$build/blotter-mock" --db "$dir/mock.db" --seed 11 --rate 0.3 --quotes 1 --heartbeat 2 "$@" >"$dir/line" \
    2>/dev/null &
echo $! >"$dir/pid"
read -r line <"$dir/line"
echo "$line" >"$dir/first"
END
chmod +x "$dir/serve"
"$dir/serve" "$build" "$dir"
trap 'kill "$(cat "$dir/pid")" 2>/dev/null || :; rm -rf "$dir"' EXIT
url=$(sed 's/.*"url":"\([^"]*\)".*/\1/' "$dir/first")
user=$(sed 's/.*"users":\[{"id":"\([^"]*\)".*/\1/' "$dir/first")
token=$(sed 's/^[^[]*\[{[^}]*"token":"\([^"]*\)".*/\1/' "$dir/first")
db() { printf 'sqlite3 %s "%s"' "$dir/mock.db" "$1"; }

account="(SELECT id FROM trading_accounts WHERE userId = '$user')"
place=$(db "INSERT INTO orders (id, tradingAccountId, stockId, symbol, quantity, orderType, orderSide, price)
    SELECT 'film', $account, id, symbol, 40, 'LIMIT', 'BUY', round(ltp * 0.999, 2) FROM stocks WHERE symbol = 'TCS'")
fill=$(db "UPDATE orders SET status = 'EXECUTED', filledQuantity = 40, averagePrice = price,
    executedAt = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = 'film'")

COLORTERM=truecolor "$build/tests/support/screenshot" -s 80x24 -g 16181d -f d7dae0 -e COLORTERM=truecolor \
    -e "BLOTTER_TOKEN=$token" -w LIVE -p 2500 -F 2500 \
    -c "$place" -w PLACED -p 300 -F 1800 \
    -c "$fill" -w 'FILLED   BUY 40' -p 150 -F 500 -p 900 -F 2500 \
    -k '?' -p 300 -F 2500 -k '\e' -p 1500 -F 1200 \
    -x "9:$(cat "$dir/pid")" -w OFFLINE -p 300 -F 2500 \
    -c "$dir/serve $build $dir --port ${url##*:}" -w LIVE -p 1500 -F 2500 \
    -o "$out" "$build/blotter" --url "$url" --user "$user" --theme dark \
    -O stream.retry_ms=300 -O stream.max_retry_ms=1000
echo "$out"

#!/bin/sh
# desk.sh MAN_DIR BLOTTER MOCK ENGINE [SECONDS [RATE]]: a recipe of blotter(1), "A desk", as it stands
# there, against the real engine (redis, postgresql, nats) or into a file, while blotter, the reader and the
# engine are killed at any time. In the end what is stored is the server's table of events, row by
# row. 77: something is not installed.
set -u
man=$1
blotter=$2
mock=$3
engine=$4
seconds=${5:-4}
rate=${6:-300}
who="desk, $engine"
# shellcheck source=tests/e2e/desk_common.sh
. "$(dirname "$0")/desk_common.sh"
needs='jq sqlite3 pgrep od'
postgres=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort | tail -n 1)
PATH=$PATH:$postgres
case $engine in
redis) needs="$needs redis-server redis-cli" ;;
postgresql) needs="$needs psql initdb postgres" ;;
nats) needs="$needs nats-server nc" ;;
esac
[ "$(id -u)" != 0 ] || [ "$engine" != postgresql ] || needs="$needs setpriv"
# shellcheck disable=SC2086 # words
need $needs
[ "$engine" != nats ] || nc -h 2>&1 | grep -q OpenBSD || {
    echo "skipped: nc is not that of OpenBSD"
    exit 77
}

loop=''
# A process and what it has started, the children first.
family() {
    for child in $(pgrep -P "$1"); do
        family "$child"
    done
    echo "$1"
}
# shellcheck disable=SC2317 # called by the trap
leave() {
    touch "$work/over"
    for pid in $loop $store; do
        family "$pid"
    done | while read -r pid; do
        kill -9 "$pid" 2>/dev/null
    done
    # A pipe whose shell was killed is nobody's child any more: known by its folder.
    pgrep -f -- "$work/" | while read -r pid; do
        kill -9 "$pid" 2>/dev/null
    done
    [ -z "$server" ] || kill "$server" 2>/dev/null
    wait
    rm -rf "$work"
}

# --- the recipe, as typed ---------------------------------------------------------------------------
sed -n "/^# $engine\$/,/^\\.Ed/p" "$man/blotter.1" | sed '/^\.Ed/d; s/\\e/\\/g' >"$work/recipe"
[ -s "$work/recipe" ] || fail 'blotter(1) has no recipe for it'

# --- the engine -------------------------------------------------------------------------------------
mkdir "$work/bin" "$work/data"
as=''
prepare_engine() {
    case $engine in
    redis)
        printf '#!/bin/sh\nexec %s -s %s "$@"\n' "$(command -v redis-cli)" "$work/redis.sock" >"$work/bin/redis-cli"
        ;;
    postgresql)
        [ "$(id -u)" != 0 ] || {
            as='setpriv --reuid=65534 --regid=65534 --clear-groups'
            chown 65534:65534 "$work/data"
            chmod 711 "$work"
        }
        $as "$(command -v initdb)" -D "$work/data" -U desk -A trust >"$work/initdb" 2>&1 || fail "$(cat "$work/initdb")"
        export PGHOST="$work/data" PGUSER=desk PGDATABASE=postgres
        ;;
    nats)
        # shellcheck disable=SC2016 # for the wrapper to expand
        printf '#!/bin/sh\nexec %s -q 0 127.0.0.1 "$(cat %s/port)"\n' "$(command -v nc)" "$work" \
            >"$work/bin/nc"
        ;;
    esac
    ln -s "$(realpath "$blotter")" "$work/bin/blotter"
    chmod +x "$work"/bin/*
    PATH=$work/bin:$PATH
}
run_engine() {
    case $engine in
    redis)
        redis-server --port 0 --unixsocket "$work/redis.sock" --dir "$work/data" --appendonly yes \
            --appendfsync always --save ''
        ;;
    postgresql)
        $as "$(command -v postgres)" -D "$work/data" -c listen_addresses= \
            -c unix_socket_directories="$work/data"
        ;;
    nats)
        port=-1 # any that is free, and then the same again
        [ ! -s "$work/port" ] || port=$(cat "$work/port")
        nats-server -js -sd "$work/data" -a 127.0.0.1 -p "$port" --ports_file_dir "$work/data"
        ;;
    esac
}
# As its supervisor would: again and again.
start_engine() {
    [ "$engine" != file ] || return 0
    (
        while [ ! -e "$work/over" ]; do
            run_engine >>"$work/engine.log" 2>&1
            sleep 0.2
        done
    ) &
    store=$!
}
engine_is_up() {
    case $engine in
    redis) [ "$(redis-cli ping)" = PONG ] ;;
    postgresql) psql -qXAt -c 'SELECT 1' >/dev/null ;;
    nats) cat "$work"/data/*.ports | sed -n 's/.*:\([0-9]*\)".*/\1/p' >"$work/port" && [ -s "$work/port" ] ;;
    esac
}
# ask_nats TEXT REQUEST JSON: what JetStream answers and sends, up to a line with the text.
ask_nats() {
    rm -f "$work/read"
    {
        printf '%s\r\n' 'CONNECT {"verbose":false}' 'SUB r 1' "PUB \$JS.API.$2 r ${#3}" "$3"
        until [ -e "$work/read" ]; do sleep 0.1; done
    } | nc -q 0 localhost 4222 | tee "$work/answers" | {
        grep -qF -m 1 "$1"
        touch "$work/read"
        cat >/dev/null
    }
    grep '^{' "$work/answers"
}
# Ids of what is stored, but for the welcomes.
stored() {
    case $engine in
    redis) redis-cli --raw XRANGE blotter - + | grep '^{' ;;
    postgresql) psql -qXAt -c 'SELECT event FROM blotter ORDER BY id' ;;
    nats)
        ask_nats "\"id\":\"$(newest)\"" CONSUMER.CREATE.blotter '{"stream_name":"blotter","config":
{"deliver_subject":"r","deliver_policy":"all","ack_policy":"none","rate_limit_bps":160000000}}'
        ;;
    file) cat "$work/events.jsonl" ;;
    esac | jq -rR 'fromjson? | select(.seq and .event != "connected") | .id' | {
        # a file has those twice that came twice
        if [ "$engine" = file ]; then sort -n -u; else cat; fi
    }
}

# --- the server: still at first, so that everybody is there when it begins ----------------------------
cat >"$work/scenario" <<END
AT 1.5 rate $rate
AT 1.5 quotes 2
AT $((2 + seconds)) rate 0
AT $((2 + seconds)) quotes 0
END
told="user_id = 'user-1' AND (type GLOB 'order_*' OR type GLOB 'position_*')"
ask() {
    sqlite3 -cmd '.timeout 5000' "$work/mock.db" "$1"
}
# The last that is stored: a long run stores too much to be read again and again.
newest() {
    case $engine in
    redis) redis-cli --raw XREVRANGE blotter + - COUNT 3 | grep '^{' ;;
    postgresql) psql -qXAt -c 'SELECT event FROM blotter ORDER BY id DESC LIMIT 3' ;;
    nats)
        ask_nats '"type"' STREAM.MSG.GET.blotter '{"last_by_subj":"blotter"}' |
            jq -r '.message.data | @base64d'
        ;;
    file) tail -n 3 "$work/events.jsonl" ;;
    esac | jq -rR 'fromjson? | select(.seq and .event != "connected") | .id' | sort -n | tail -n 1
}
caught_up() {
    [ "$(newest)" = "$(ask "SELECT max(id) FROM events WHERE $told")" ]
}

prepare_engine
start_engine
[ -z "$store" ] || wait_for 20 engine_is_up || fail "it does not start: $(cat "$work/engine.log")"
"$mock" --db "$work/mock.db" --rate 0 --quotes 0 --seed 3 --users 1 --scenario "$work/scenario" \
    --retain "$((100000 + seconds * rate * 4))" \
    >"$work/announce" 2>&1 &
server=$!
wait_for 20 grep -q token "$work/announce" || fail "the server does not start: $(cat "$work/announce")"
before=$(ask 'SELECT coalesce(max(id), 0) FROM events')
become_user

# --- what restarts it, and what kills it ----------------------------------------------------------------
(
    while [ ! -e "$work/over" ]; do
        sh "$work/recipe" >>"$work/said" 2>&1
        sleep 0.1
    done
) &
loop=$!
random() {
    od -An -N1 -tu1 /dev/urandom | tr -d ' '
}
sleep 2
kills=0 pause=0.
[ "$engine" != nats ] || pause='' # the recipe waits for a second before it begins
end=$(($(date +%s) + seconds))
while [ "$(date +%s)" -lt "$end" ]; do
    # A blotter whose shell was killed goes on, and keeps the cursor: it is one of them.
    victims=$({
        family "$loop" | grep -vx "$loop"
        pgrep -f -- "--cursor $work/"
    } | sort -u)
    count=$(echo "$victims" | wc -w)
    if [ -n "$store" ] && [ "$(($(random) % 6))" = 0 ]; then
        victim=$(pgrep -P "$store" | head -n 1)
        [ -z "$victim" ] || kill -9 "$victim" 2>/dev/null && kills=$((kills + 1))
    elif [ "$count" -gt 0 ]; then
        victim=$(echo "$victims" | tr ' ' '\n' | sed -n "$(($(random) % count + 1))p")
        kill -9 "$victim" 2>/dev/null && kills=$((kills + 1))
    fi
    sleep "$pause$(($(random) % 5 + 1))"
done

# --- the two tables -------------------------------------------------------------------------------------
wait_for $((60 + seconds)) caught_up || fail "it does not catch up: stored up to $(newest), \
$(ask "SELECT max(id) FROM events WHERE $told"); $(tail -n 3 "$work/said")"
# What is told after this moment is no matter of the comparison.
last=$(stored | tail -n 1)
stored | awk -v last="$last" '$1 <= last' >"$work/have"
ask "SELECT id FROM events WHERE $told AND id > $before AND id <= $last ORDER BY id" >"$work/want"
cmp -s "$work/have" "$work/want" ||
    fail "stored $(wc -l <"$work/have") of $(wc -l <"$work/want"): $(diff "$work/have" "$work/want" | head -n 5)"
[ "$(wc -l <"$work/want")" -gt "$((seconds * 10))" ] || fail 'hardly anything has happened'
echo "desk, $engine: $(wc -l <"$work/want") events, the same rows after $kills kills"

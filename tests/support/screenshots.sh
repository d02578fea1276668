#!/bin/sh
# screenshots.sh BUILD OUT: the README's pictures, taken from the real program on its own server.
set -eu
build=$1
out=$2
mkdir -p "$out"
export XDG_STATE_HOME=/dev/null XDG_CACHE_HOME=/dev/null

# A market that has been running for a while; told to us by its first line.
dir=$(mktemp -d)
mkfifo "$dir/first"
"$build/blotter-mock" --seed 11 --rate 2 --quotes 2 >"$dir/first" 2>/dev/null &
mock=$!
trap 'kill "$mock" 2>/dev/null || :; rm -rf "$dir"' EXIT
read -r line <"$dir/first"
url=$(echo "$line" | sed 's/.*"url":"\([^"]*\)".*/\1/')
user=$(echo "$line" | sed 's/.*"users":\[{"id":"\([^"]*\)".*/\1/')
token=$(echo "$line" | sed 's/^[^[]*\[{[^}]*"token":"\([^"]*\)".*/\1/')

# picture NAME SIZE GROUND INK THEME ACTION...: ACTIONs are options of screenshot, in order.
picture() {
    name=$1 size=$2 ground=$3 ink=$4 theme=$5
    shift 5
    "$build/tests/support/screenshot" -s "$size" -g "$ground" -f "$ink" \
        -e COLORTERM=truecolor -e "BLOTTER_TOKEN=$token" "$@" -o "$out/$name.svg" \
        "$build/blotter" --url "$url" --user "$user" --theme "$theme" -O main.badge=mock \
        -O stream.retry_ms=100 -O stream.max_retry_ms=2000
    echo "$out/$name.svg"
}

# -p MS watches the market for a while before the picture is taken.
picture dark-160x48 160x48 16181d d7dae0 dark -w LIVE -p 9000
picture light-160x48 160x48 fbfbf9 24292f light -w LIVE -p 5000
picture colorblind-160x48 160x48 16181d d7dae0 colorblind -w LIVE -p 5000
picture dark-100x30 100x30 16181d d7dae0 dark -w LIVE -p 3000
picture symbol-160x48 160x48 2e3440 d8dee9 nord -w LIVE -p 9000 -k '\r' -w 'Story of'
picture offline-100x30 100x30 16181d d7dae0 dark -w LIVE -p 4000 -x "9:$mock" -w OFFLINE -w ≈

sh "$(dirname "$0")/film.sh" "$build" "$out/film.svg"

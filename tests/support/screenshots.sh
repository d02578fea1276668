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
mkfifo "$dir/in" "$dir/out"
"$build/tests/support/blotter-broker" alpaca --live <"$dir/in" >"$dir/out" &
broker=$!
exec 7>"$dir/in"
trap 'exec 7>&-; kill "$mock" 2>/dev/null || :; wait "$broker" || :; rm -rf "$dir"' EXIT
read -r broker_url broker_token <"$dir/out"
read -r line <"$dir/first"
url=$(echo "$line" | sed 's/.*"url":"\([^"]*\)".*/\1/')
user=$(echo "$line" | sed 's/.*"users":\[{"id":"\([^"]*\)".*/\1/')
token=$(echo "$line" | sed 's/^[^[]*\[{[^}]*"token":"\([^"]*\)".*/\1/')
second_user=$(echo "$line" | sed 's/.*},{"id":"\([^"]*\)".*/\1/')
second_token=$(echo "$line" | sed 's/.*},{[^}]*"token":"\([^"]*\)".*/\1/')

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

# Two accounts of one server and one of a broker: the accounts of one desk.
accounts_picture() {
    printf '[backend]\nformat = 1\nbadge = paper\nlike = alpaca\n[hosts]\n' >"$dir/broker.ini"
    sed -n '/^\[hosts\]/,/^\[headers\]/s|^\([a-z]*\) = .*|\1 = '"$broker_url"'|p' \
        "$(dirname "$0")/../../backends/alpaca.ini" >>"$dir/broker.ini"
    cat >"$dir/blotter.ini" <<-END
		[main]
		profiles = intraday, swing, paper
		[profile.intraday]
		url = $url
		user = $user
		token_command = echo $token
		[profile.swing]
		url = $url
		user = $second_user
		token_command = echo $second_token
		[profile.paper]
		backend = $dir/broker.ini
		allow_hosts = $broker_url
		secrets.key_id = command:echo demo-key
		secrets.secret = command:echo $broker_token
	END
    chmod 600 "$dir/blotter.ini" "$dir/broker.ini"
    "$build/tests/support/screenshot" -s 160x48 -g 16181d -f d7dae0 -e COLORTERM=truecolor \
        -w intraday -p 15000 -o "$out/accounts-160x48.svg" \
        "$build/blotter" -c "$dir/blotter.ini" --theme dark
    echo "$out/accounts-160x48.svg"
}
accounts_picture

picture offline-100x30 100x30 16181d d7dae0 dark -w LIVE -p 4000 -x "9:$mock" -w OFFLINE -w ≈

sh "$(dirname "$0")/film.sh" "$build" "$out/film.svg"

#!/bin/sh
# examples.sh SOURCE BLOTTER MOCK: the commands of README and of the manuals, run as they are typed, a
# page in one shell, at home in an empty folder whose config names a server that runs. What goes on
# for ever is ended after a while; what only a desktop has (notify-send) is a word here.
set -u
source=$1
blotter=$(realpath "$2")
mock=$(realpath "$3")
for tool in jq curl sqlite3 script timeout; do
    command -v $tool >/dev/null || { echo "examples: no $tool here"; exit 77; }
done
home=$(mktemp -d) || exit 1
mkdir -p "$home/bin" "$home/.config/blotter"
ln -s "$blotter" "$home/bin/blotter"
ln -s "$mock" "$home/bin/blotter-mock"
for word in notify-send tmux sudo; do
    printf '#!/bin/sh\necho "$@" >>"%s"\n' "$home/$word" >"$home/bin/$word"
    chmod +x "$home/bin/$word"
done
PATH=$home/bin:$PATH HOME=$home XDG_CONFIG_HOME=$home/.config XDG_CACHE_HOME=$home/.cache
XDG_STATE_HOME=$home/.state EDITOR=true TERM=xterm-256color
# Leaks are looked for by the other tests; here programs end by a signal at any moment.
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS PATH HOME XDG_CONFIG_HOME XDG_CACHE_HOME XDG_STATE_HOME EDITOR TERM
mkfifo "$home/first"
"$mock" --rate 20 --quotes 1 >"$home/first" 2>/dev/null &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$home"' EXIT
read -r line <"$home/first"
url=$(echo "$line" | jq -r .url) token=$(echo "$line" | jq -r '.users[0].token')
(umask 077 && echo "$token" >"$home/token")
printf '[main]\nurl = %s\nuser = user-1\ntoken_file = %s\n' "$url" "$home/token" \
    >"$home/.config/blotter/blotter.ini"
cd "$home" || exit 1
port=$((20000 + $$ % 10000)) # below those that the system gives to others

# What the example of blotter-backend(5) would have fetched.
mkdir -p "$home/.config/blotter/backends"
echo '{"trades":[{"id":7,"ticker":"SPY","side":"BUY","kind":"LIMIT","amount":1,"limit":500.5,
    "state":"working","time":"2026-11-28T09:30:00Z"}]}' >"$home/.config/blotter/backends/trades.json"

# What every script begins with: nothing goes on for ever, and a dashboard gets a terminal.
cat >"$home/prelude" <<'END'
set -u
failed() { echo "examples: $? of: $*" >&2; echo x >>"$HOME/failures"; }
soon() { code=0; timeout -k 20 "$@" || code=$?; [ $code -eq 124 ] || return $code; }
curl() { soon 2 curl -sS "$@"; }
blotter() {
    case " $* " in
    *' --watch '*) soon 4 blotter "$@" ;;
    *' -- '* | *' --snapshot '* | *' --check-'* | *' --print-config '* | *' --list-'* | *' --version '* | *' --help '*)
        timeout -k 20 60 blotter "$@" ;;
    *) soon 3 script -qec "blotter $*" /dev/null >/dev/null </dev/null ;;
    esac
}
END

# commands PAGE: each command of the page, a paragraph each. What fetches, builds or installs this very
# tree, speaks to a host elsewhere, or needs a server that is not here, is no matter for this test.
commands() {
    case $1 in
    *.md) awk '/^```sh$/ { inside = 1; next } /^```$/ { inside = 0; print "" } inside && /^#/ { print ""; next }
               inside && !/^[ |]/ && last !~ /[|\\]$/ { print "" } inside { print; last = $0 }' "$1" ;;
    *) sed -n '/^\.Dl \$ /s/^\.Dl /|/p; /^\.Bd -literal/,/^\.Ed/{ /^\.Bd/d; /^\.Ed/d; s/^/|/; p; }' "$1" |
        awk 'function close_file() { if (typing) print "TYPED"; typing = 0 }
             /^\|\$ cat >>? / { close_file(); print ""; print substr($0, 4) " <<\\TYPED"; typing = 1; next }
             /^\|\$ / { close_file(); print ""; print substr($0, 4); inside = 1; next }
             typing && /^\|/ { print substr($0, 2); next }
             inside && /^\| / { print substr($0, 2); next }
             { close_file(); inside = 0 }' |
        sed 's/\\e$/\\/; s/\\(dq/"/g; s/\\-/-/g' ;;
    esac | awk -v RS= '(!/https:/ || /^cat >/) && !/--backend example --snapshot/ && !/^(git clone|\.\/run|meson |dpkg-|sudo |tests\/|redis-|psql|createdb|systemctl|nats|kcat|ln -s)/ { print; print "" }'
}

bad=0 count=0
for page in README.md man/blotter.1 man/blotter.5 man/blotter-mock.1 man/blotter-backend.5; do
    [ -f "$source/$page" ] || continue
    rm -f "$home/failures"
    { cat "$home/prelude"
        commands "$source/$page" | sed "s/8080/$port/g"
        printf '\nkill $(jobs -p) 2>/dev/null || true\n'; } >"$home/typed"
    n=$(commands "$source/$page" | grep -c '^$')
    count=$((count + n))
    if ! timeout -k 20 150 bash -ex "$home/typed" >"$home/said" 2>&1 </dev/null; then
        bad=1
        echo "examples: $page:"
        tail -n 15 "$home/said"
    fi
done
[ "$count" -ge 10 ] || { echo "examples: only $count were found"; exit 1; }
echo "examples: $count lines typed"
exit $bad

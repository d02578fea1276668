#!/bin/sh
# cli_manual.sh MAN_DIR BLOTTER: the manuals pass their checkers without a word, what they refer to
# is there, and the examples that begin with `blotter --demo` do what they say.
set -u
man=$1
blotter=$2
broken=0
say() {
    echo "$*"
    broken=1
}

for page in "$man"/*.[1-8]; do
    if command -v mandoc >/dev/null; then
        words=$(mandoc -T lint "$page" | grep -v 'STYLE: referenced manual not found')
        [ -z "$words" ] || say "$words"
    fi
    if command -v groff >/dev/null; then
        words=$(groff -ww -mdoc -Tascii "$page" 2>&1 >/dev/null)
        [ -z "$words" ] || say "groff: $words"
    fi
    # shellcheck disable=SC2013 # a page's name is one word
    for reference in $(sed -n 's/^\.Xr \([^ ]*\) \([1-8]\).*/\1.\2/p' "$page"); do
        case $reference in
        blotter*) [ -f "$man/$reference" ] || say "$page refers to $reference, which is not there" ;;
        esac
    done
done
# An option's example has to go on without a terminal.
PATH=$(dirname "$blotter"):$PATH
export PATH
count=0
sed -n 's/^\.Dl \$ \(blotter --demo --.*\)/\1/p' "$man/blotter.1" >"${TMPDIR:-/tmp}/examples.$$"
while read -r example; do
    case $example in
    *jq*) command -v jq >/dev/null || continue ;;
    esac
    count=$((count + 1))
    output=$(sh -c "$example" 2>&1) || say "failed: $example: $output"
    [ -n "$output" ] || say "printed nothing: $example"
done <"${TMPDIR:-/tmp}/examples.$$"
rm -f "${TMPDIR:-/tmp}/examples.$$"
[ "$count" -ge 1 ] || say 'no example was run'
[ "$broken" = 0 ] && echo "manuals: fine, $count examples run"
exit "$broken"

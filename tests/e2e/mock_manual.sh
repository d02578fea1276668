#!/bin/sh
# mock_manual.sh PAGE MOCK: every option of --help, every kind of fault and every command of a
# scenario is in the manual, and the other way round.
set -u
page=$1
mock=$2
helped=$("$mock" --help | sed -n 's/^  [ -]*\(-[a-zA-Z],\)* *--\([a-z-]*\).*/\2/p' | sort)
written=$(sed -n 's/^\.It Fl \(. , \)*-\([a-z-]*\).*/\2/p' "$page" | sort)
[ -n "$helped" ] || { echo "--help shows no option"; exit 1; }
if [ "$helped" != "$written" ]; then
    printf '%s\n' "--help:" "$helped" "manual:" "$written"
    exit 1
fi
echo "manual: $(echo "$helped" | wc -l) options, as in --help"

# A list's words: those that the program shows, and those of the section's items.
compare() {
    if [ -z "$2" ] || [ "$2" != "$3" ]; then
        printf '%s\n' "$1: the program:" "$2" "$1: the manual:" "$3"
        exit 1
    fi
    echo "manual: $(echo "$2" | wc -l) $1, as in the program"
}
section() {
    sed -n "/^\.Sh $1/,/^\.Sh /p" "$page"
}
kinds=$("$mock" --fault help | sed -n '/^parameters/q; s/^  \([a-z0-9][a-z0-9-]*\)  *[^ ].*/\1/p' | sort)
items=$(section FAULTS | sed -n '/^Every kind/q; s/^\.It Cm //p' | sed 's/ , / /g' | tr ' ' '\n' | sort)
compare "kinds of faults" "$kinds" "$items"
commands=$("$mock" --scenario help | awk '/^  [a-z]/ {
    name = $1
    for (i = 2; i <= NF && $i ~ /^[a-z]+$/; i++) name = name " " $i
    print name }' | sort)
items=$(section SCENARIOS | sed -n 's/^\.It Cm \([a-z ]*[a-z]\).*/\1/p' | sort)
compare "commands" "$commands" "$items"

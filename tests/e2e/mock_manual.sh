#!/bin/sh
# mock_manual.sh PAGE MOCK: every option of --help is in the manual, and the other way round.
set -u
page=$1
mock=$2
helped=$("$mock" --help | sed -n 's/^  [ -]*\(-[a-zA-Z],\)* *--\([a-z-]*\).*/\2/p' | sort)
written=$(sed -n 's/^\.It Fl \(. , \)*-\([a-z-]*\).*/\2/p' "$page" | sort)
[ -n "$helped" ] || { echo "--help shows no option"; exit 1; }
if [ "$helped" != "$written" ]; then
    echo "--help:" $helped
    echo "manual:" $written
    exit 1
fi
echo "manual: $(echo "$helped" | wc -l) options, as in --help"

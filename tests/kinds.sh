#!/bin/sh
# The table of kinds in doc/quality.md: each row names tests, and every test that is named is there.
set -eu
cd "$1"
rows=$(sed -n '/^<!-- kinds -->/,/^<!-- \/kinds -->/p' doc/quality.md | grep '^| [^-]' | sed 1d)
[ "$(printf '%s\n' "$rows" | wc -l)" -ge 30 ] || { echo "kinds: the table is not found"; exit 1; }
bad=0
while IFS= read -r row; do
    names=$(printf '%s\n' "${row##*| \`}" | grep -oE '[A-Za-z_0-9]+')
    case $row in *'| `'*) ;; *) names= ;; esac
    [ -n "$names" ] || { echo "kinds: no test: $row"; bad=1; }
    for name in $names; do
        case $name in
        P[0-9]*) grep -qF "\"$name: " tests/sim/*.c ;;
        *) grep -qrE --include='*.c' "\(($name)\b" tests && grep -qrE --include='*.c' "^static .*\b$name\(" tests ;;
        esac || { echo "kinds: not found: $name"; bad=1; }
    done
done <<END
$rows
END
exit $bad

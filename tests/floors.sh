#!/bin/sh
# floors.sh SOURCE_DIR SANITIZED COMPILER… -- LIBRARY…
#
# Holds the house together: who may include whom, which library stands on which, what the pure
# floors may not call, and the house rules that a machine can check. Prints everything that is
# broken, then fails.
set -u
export LC_ALL=C

top=$1
sanitized=$2
shift 2
compiler=
while [ "$1" != -- ]; do
    compiler="$compiler $1"
    shift
done
shift
# Before the directory changes: the build names them relative to itself.
libraries=
for library in "$@"; do
    [ -f "$library" ] || { echo "floors: no library $library"; exit 1; }
    libraries="$libraries $(realpath "$library")"
done

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$top" || exit 1

# report RULE: the lines on stdin broke it.
report() {
    while read -r line; do
        printf '%s: %s\n' "$1" "$line"
        echo x >>"$work/broken"
    done
}

# table NAME: the lines of a table in doc/architecture.md.
table() {
    sed -n "/^<!-- $1 -->/,/^<!-- .$1 -->/p" doc/architecture.md | grep '^[a-z]'
}

# --- who may include whom -------------------------------------------------------------------------
# floor: the floors whose headers its files may include.
while read -r floor allowed; do
    [ -d "src/$floor" ] || continue
    find "src/$floor" "include/blotter/$floor" -name '*.[ch]' 2>/dev/null | sort |
        xargs -r grep -HnE '^ *# *include *<blotter/' /dev/null |
        grep -vE "<blotter/($allowed)/" | report "$floor must not include"
done <<TABLE
$(table floors | awk '{ printf "%s ", $1; for (i = 2; i <= NF; i++) printf "%s%s", $i, i < NF ? "|" : "\n" }')
TABLE

# header: the files that may include it.
while read -r header allowed; do
    find src include -name '*.[ch]' | sort | xargs grep -HnE "^ *# *include *<$header>" /dev/null |
        grep -vE "^($allowed)" | report "<$header> is not for"
done <<'TABLE'
(n?curses(w/.*|/.*)?|term|panel)\.h src/tui/
curl/.*\.h src/net/
ini\.h src/core/base/ini\.c
microhttpd\.h src/mock/
sqlite3\.h src/(mock/|client/daybook)
jansson\.h src/mock/
j[qv]\.h src/adapt/
TABLE

grep -rnE '^ *# *include *"[^"]*\.\./' src include --include='*.[ch]' | report 'includes go down, not up'

# A public header is one that another floor, its tests or another public header includes. The
# others live beside their source.
grep -rnoE '^#include <blotter/[a-z]+/[a-z0-9_]+\.h>' src include tests/unit --include='*.[ch]' |
    sed -E 's|^([^:]*):[0-9]*:#include <(.*)>|\2 \1|' >"$work/includes"
find include -name '*.h' | sort | while read -r header; do
    floor=$(echo "$header" | cut -d/ -f3)
    grep "^${header#include/} " "$work/includes" | cut -d' ' -f2 | grep -qvE "^(src|tests/unit)/$floor/" || echo "$header"
done | report 'no other floor includes'

# --- the rooms of a floor ---------------------------------------------------------------------------
# A room is a folder of a floor. A public header lives in the room of its source file; those that
# have none are named here.
room_of() {
    case $1 in
    core/moment | core/linked) echo base ;;
    core/backend) echo backend ;;
    view/pane) echo text ;;
    *) find "src/${1%/*}" -mindepth 2 -name "${1##*/}.[ch]" | sed -n '1s|^src/[a-z]*/\([a-z]*\)/.*|\1|p' ;;
    esac
}

for floor in core view mock; do
    find "src/$floor" "include/blotter/$floor" -name '*.[ch]' 2>/dev/null | sort >"$work/files"
    while read -r file; do
        name=${file##*/}
        case $file in
        src/*/*/*) from=$(echo "$file" | cut -d/ -f3) ;;
        src/*) continue ;;
        *) from=$(room_of "$floor/${name%.h}") ;;
        esac
        sed -nE "s|^#include [<\"](blotter/$floor/)?([a-z0-9_/]+)\\.h[>\"].*|\\2|p" "$file" | while read -r header; do
            to=$(room_of "$floor/${header##*/}")
            [ -z "$to" ] || [ "$to" = "$from" ] || echo "$floor $from $to $file"
        done
    done <"$work/files"
done >"$work/ways"
while read -r floor from allowed; do
    awk -v floor="$floor" -v from="$from" -v allowed="^($allowed)\$" \
        '$1 == floor && $2 == from && $3 !~ allowed { print $4 " needs " $3 }' "$work/ways" |
        report "$floor/$from must not include"
done <<TABLE
$(table rooms | tr / ' ' | awk '{ printf "%s %s ", $1, $2; for (i = 3; i <= NF; i++) printf "%s%s", $i, i < NF ? "|" : "\n" }')
TABLE
# A room that the table does not know may do what it likes: there is none.
find src/core src/view src/mock -mindepth 1 -maxdepth 1 -type d | sed 's|^src/||' | while read -r room; do
    table rooms | grep -q "^$room " || echo "$room"
done | report 'not in the rooms of doc/architecture.md'

# --- no circles ---------------------------------------------------------------------------------------
# circles: those of the pairs "one other" on stdin.
circles() {
    tsort 2>&1 >/dev/null | sed -n 's/^tsort: *//; /contains a loop/!p' | sort -u | tr '\n' ' ' | sed 's/ $/\n/'
}
grep -rE '^#include [<"][a-z]' src include --include='*.h' | awk -F'[:"<>]' '{ print $1, $3 }' | while read -r from to; do
    for file in "include/$to" "${from%/*}/$to" "$(echo "$from" | cut -d/ -f1-2)/$to"; do
        [ ! -f "$file" ] || { echo "$from $file"; break; }
    done
done | circles | report 'headers that include one another'

# --- references lead somewhere -----------------------------------------------------------------------
# "Source: doc/NAME.md" or a manual page; R1 and P1 are headings or list items of doc/revalidation.md.
grep -rnoE 'Source: [^.;"]*' src include tests --include='*.[ch]' | while IFS= read -r line; do
    case $line in
    *WHATWG* | *RFC*) continue ;;
    esac
    file=$(echo "$line" | grep -oE 'doc/[a-z]+' | head -n 1)
    page=$(echo "$line" | grep -oE 'blotter[a-z-]*\([1-8]\)' | head -n 1 | tr '(' '.' | tr -d ')')
    [ -n "$file$page" ] || echo "$line"
    [ -z "$file" ] || [ -f "$file.md" ] || echo "$line"
    [ -z "$page" ] || [ -f "man/$page" ] || echo "$line"
done | report 'leads nowhere'
grep -rhoE '(^|[^A-Za-z0-9_])[RP][0-9]{1,2}([^A-Za-z0-9_]|$)' src/core src/client src/net include tests/sim --include='*.[ch]' |
    grep -oE '[RP][0-9]+' | sort -u | while read -r rule; do
    grep -qE "(^|[^A-Za-z0-9])$rule([^0-9]|\$)" doc/revalidation.md 2>/dev/null || echo "$rule"
done | report 'no such rule in doc/revalidation.md'

# --- what the source may not say --------------------------------------------------------------------
calls='sprintf|vsprintf|strcpy|stpcpy|strcat|strtok|atoi|atol|atof|gets|rand|srand|alloca|usleep|sleep'
grep -rnE "(^|[^A-Za-z0-9_>.\"])($calls)[[:space:]]*\(" src include --include='*.[ch]' |
    grep -vE ':[0-9]+: *(/?\*|//)' | report 'banned call'
grep -rnE '(^|[^A-Za-z0-9_])exit[[:space:]]*\(' src --include='*.c' |
    grep -vE '/main\.c:|:[0-9]+: *(/?\*|//)' | report 'only main ends the program'
marks='TO''DO|FIX''ME|X''XX|HA''CK'
grep -rnwE "$marks" src include tests man themes --include='*.*' | grep -v '^tests/floors\.sh:' |
    report 'unfinished'
grep -rnE '^extern ' src --include='*.[ch]' | grep -vE ':extern const ' |
    grep -v '^src/embed/' | report 'extern mutable variable'

# --- sizes ------------------------------------------------------------------------------------------
find src -name '*.c' | sort | while read -r file; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 800 ] || echo "$file: $lines lines"
done | report 'a file has at most 800 lines'
find src -name '*.c' | sort | xargs awk '
    /^[A-Za-z_].*[(]/ { name = $0 }
    /^\{$/ { start = FNR }
    /^\}$/ && start { if (FNR - start - 1 > 80) printf "%s:%d: %d lines: %s\n", FILENAME, start, FNR - start - 1, name; start = 0 }
    FNR == 1 { start = 0 }' | report 'a function has at most 80 lines'

# --- each header compiles alone ---------------------------------------------------------------------
find include -name '*.h' | sort | while read -r header; do
    echo "#include <${header#include/}>" >"$work/alone.c"
    $compiler -std=c17 -D_DEFAULT_SOURCE -D_XOPEN_SOURCE=700 -Iinclude -fsyntax-only \
        "$work/alone.c" 2>"$work/errors" || { echo "$header"; cat "$work/errors"; }
done | report 'a header compiles alone'

# --- the libraries ----------------------------------------------------------------------------------
nm --version >/dev/null 2>&1 || { echo 'floors: no nm here, libraries not checked'; libraries=; }

floor_of() {
    name=${1##*/lib}
    echo "${name%.a}"
}

for library in $libraries; do
    floor=$(floor_of "$library")
    nm -P "$library" 2>/dev/null >"$work/$floor.all"
    awk 'NF >= 2 && $2 ~ /^[TDBRCV]$/ { print $1 }' "$work/$floor.all" | sort -u >"$work/$floor.has"
    awk 'NF >= 2 && $2 == "U" { print $1 }' "$work/$floor.all" | sort -u |
        comm -23 - "$work/$floor.has" >"$work/$floor.needs"
done

# What a file needs of another, by its symbols.
for library in $libraries; do
    nm -P -A "$library" 2>/dev/null | sed -E "s|^[^ ]*[/:[]([^/]*)\\.c\\.o\\]?: *|$(floor_of "$library")/\\1 |"
done >"$work/symbols"
awk '$3 ~ /^[TDBRCV]$/ { print $2, $1 }' "$work/symbols" | sort -u >"$work/has"
awk '$3 == "U" { print $2, $1 }' "$work/symbols" | sort -u | join - "$work/has" >"$work/needs"
awk '$2 != $3 { print $2, $3 }' "$work/needs" | sort -u | circles | report 'files that need one another'
[ -z "$libraries" ] || [ -s "$work/needs" ] || echo 'nothing' | report 'nm tells of the files'

# A function that no other file of the product needs and its own does not call is there for the tests
# alone; one that no test needs either is not to be seen. The programs' main files are no libraries.
# Excused: the first two are what a manual page is held against, the next two what is true of a
# machine at any time and what the fuzzers feed, the last the length of a text that has an end.
excused='reader_key|reader_section|patch_log_consistent|theme_parse|[a-z_]*_sql_len'
awk '{ print $1 }' "$work/needs" | sort -u >"$work/needed"
grep -oE '[a-z_]+' src/cli/main.c src/mock/main.c | sed 's/.*://' | sort -u | join -v 1 "$work/has" - |
    join -v 1 - "$work/needed" | grep -vE "^($excused|__.*) " >"$work/alone"
# Nothing can be said of a build that lacks the mock or libjq.
if ! grep -q '^adapt/program_jq ' "$work/symbols" || ! grep -q '^mock/' "$work/symbols"; then
    : >"$work/alone"
fi
while read -r name file; do
    if [ "$(cat "src/${file%%/*}"/*.c "src/${file%%/*}"/*/*.c 2>/dev/null | grep -cw "$name")" -le 1 ]; then
        echo "$file: $name is for tests alone"
    elif ! grep -rqw "$name" tests --include='*.[ch]'; then
        echo "$file: $name is for its file alone"
    fi
done <"$work/alone" | report 'nobody needs'

# A macro that is named where it is defined and nowhere else.
find src include -name '*.[ch]' -exec cat {} + | grep -oE '[A-Z][A-Z0-9_]{3,}' | sort | uniq -u >"$work/once"
grep -rhoE '^# *define [A-Z][A-Z0-9_]{3,}' src include --include='*.[ch]' | awk '{ print $NF }' | sort -u |
    comm -12 - "$work/once" | report 'nobody uses'

# below FLOOR: the floors that must not be needed by it.
while read -r floor above; do
    for other in $above; do
        if [ -f "$work/$floor.needs" ] && [ -f "$work/$other.has" ]; then
            comm -12 "$work/$floor.needs" "$work/$other.has" | report "$floor stands on $other"
        fi
    done
done <<'TABLE'
core sys adapt net client view tui cli mock
sys adapt net client view tui cli mock
adapt net client view tui cli mock
net sys adapt client view tui cli mock
client view tui cli mock
view sys adapt net client tui cli mock
tui adapt cli mock
cli mock
mock adapt client view tui cli
TABLE

# floors: what their libraries may not call; object files that are excused, and why:
#   alloc.c.o says that there is no memory before it aborts.
io='fopen|fopen64|fdopen|freopen|fclose|fread|fgets|getc|fgetc|scanf|fscanf|getline|printf|vprintf|puts|putchar|fprintf|vfprintf|__printf_chk|__fprintf_chk|__vfprintf_chk|fputs|fputc|putc|fwrite|fflush|perror|stdout|stderr|stdin|tmpfile|remove|rename'
fds='open|open64|openat|creat|close|read|write|readv|writev|pread|pwrite|pipe|pipe2|dup|dup2|poll|ppoll|select|epoll_create1|socket|connect|accept|bind|listen|send|recv|ioctl|fcntl|fcntl64|mmap|stat|fstat|unlink|mkdir|isatty'
clocks='time|clock|clock_gettime|gettimeofday|nanosleep|usleep|sleep|localtime|localtime_r|mktime|alarm|setitimer|timer_create'
chance='rand|random|srand|srandom|rand_r|drand48|lrand48|arc4random|getrandom|getentropy'
world='getenv|secure_getenv|setenv|system|popen|fork|vfork|execve|execvp|execl|posix_spawn|signal|sigaction|raise|kill|exit|_exit|syslog|pthread_create|setlocale'
while read -r floors banned; do
    for floor in $(echo "$floors" | tr , ' '); do
        for library in $libraries; do
            [ "$(floor_of "$library")" = "$floor" ] || continue
            nm -P -A "$library" 2>/dev/null |
                awk -v banned="^($banned)\$" 'NF >= 3 && $3 == "U" && $2 ~ banned { print $1, $2 }' |
                grep -v '[[/_]alloc\.c\.o\]' | report "$floor must not call"
        done
    done
done <<TABLE
core,view $io|$fds|$clocks|$chance|$world
core,view,client,cli,mock initscr|newterm|endwin|tigetstr|setupterm|waddnstr|doupdate|wrefresh|.*curs_set
core,view,client,tui,cli,mock curl_.*
core,net,view,tui,cli sqlite3_.*
core,net,client,view,tui,cli MHD_.*|json_loads|json_loadb
net,client,view exit|_exit
core,net,client,view,tui,cli,mock pthread_.*|thrd_.*|mtx_.*
TABLE

# Writable memory that outlives a call: none in the pure floors (but what a handler of SIGABRT asks
# for), none that is visible in the others.
if [ "$sanitized" = none ]; then
    for library in $libraries; do
        floor=$(floor_of "$library")
        case $floor in
        core | view) kinds='BbDdCs' ;;
        *) kinds='BDC' ;;
        esac
        nm -f sysv "$library" 2>/dev/null |
            awk -F'|' -v kinds="$kinds" 'NF >= 7 {
                gsub(/ /, "", $1); gsub(/ /, "", $3); gsub(/ /, "", $7)
                if (index(kinds, $3) && $1 != "ran_out" && $7 !~ /\.data\.rel\.ro|\.rodata/) print $1, $7 }' |
            report "$floor has a variable"
    done
fi

[ ! -s "$work/broken" ] || exit 1
echo 'floors: all rules hold'

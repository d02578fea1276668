#!/bin/sh
# Every word of the table of answers in doc/screen.md stands on the golden screen that its column names; blanks
# count as one. A cell that holds no word says so by a dash.
set -eu
root=$1
awk -v dir="$root/tests/unit/view/golden/" '
function squeeze(text) { gsub(/ +/, " ", text); return text }
function screen_of(name,    line, all) {
    all = ""
    while ((getline line < (dir name ".txt")) > 0) all = all "\n" squeeze(line)
    close(dir name ".txt")
    if (all == "") { print "answers: no golden screen " name; bad = 1 }
    return all
}
/<!-- answers -->/ { on = 1; next }
/<!-- \/answers -->/ { on = 0 }
!on || !/^\|/ || /^\| ---/ { next }
{
    n = split($0, cells, "|")
    for (c = 3; c < n; c++) {
        count = split(cells[c], words, "`")
        if (!heads) { screens[c] = screen_of(words[2]); continue }
        if (count < 2 && cells[c] !~ /—/) { print "answers: neither a word nor a dash:" cells[c]; bad = 1 }
        for (w = 2; w <= count; w += 2) {
            checked++
            if (index(screens[c], squeeze(words[w])) == 0) {
                print "answers:" cells[2] "is not answered by: " words[w]; bad = 1
            }
        }
    }
    heads = 1
}
END {
    if (checked < 30) { print "answers: only " checked + 0 " words were looked for"; bad = 1 }
    if (!bad) print "answers: " checked " words are where they are said to be"
    exit bad
}' "$root/doc/screen.md"

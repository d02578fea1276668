#!/bin/sh
# path.sh DIRECTORY: fills it with what the tests' programs may find in PATH, and nothing else: an
# installed blotter-mock is none of their business.
set -eu
mkdir -p "$1"
for program in cat cp echo env false grep head id kill ls mkdir mv printf ps rm sed sh sleep stty \
    tail touch tr true wc yes; do
    found=$(command -v "$program") || continue
    case $found in
    /*) ln -sf "$found" "$1/$program" ;;
    *) for place in /usr/bin /bin; do
        [ ! -x "$place/$program" ] || ln -sf "$place/$program" "$1/$program"
    done ;;
    esac
done

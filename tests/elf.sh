#!/bin/sh
# elf.sh SANITIZED BINARY…: the binaries are built hard to exploit, as the headers of the files say.
# What a binary does not need cannot be asked of it: a stack protector is, by any function with an
# array; a checked function of libc is where FORTIFY is on.
set -eu
sanitized=$1
shift
command -v readelf >/dev/null 2>&1 || exit 77
[ "$sanitized" = none ] || exit 77
status=0

# expect BINARY WHAT PATTERN READELF-OPTION…
expect() {
    binary=$1 what=$2 pattern=$3
    shift 3
    if ! LC_ALL=C readelf -W "$@" "$binary" | grep -Eq "$pattern"; then
        echo "${binary##*/}: $what is missing"
        status=1
    fi
}

for binary; do
    # No ELF where the system has another format.
    readelf -h "$binary" >/dev/null 2>&1 || exit 77
    expect "$binary" "PIE" 'Type: +DYN' -h
    expect "$binary" "PIE" 'FLAGS_1.*PIE' -d
    expect "$binary" "RELRO" 'GNU_RELRO' -l
    expect "$binary" "immediate binding" '(BIND_NOW|FLAGS_1.*NOW)' -d
    expect "$binary" "a stack that is not executable" 'GNU_STACK.* RW +0x' -l
    expect "$binary" "the stack protector" '__stack_chk_fail' --dyn-syms
    expect "$binary" "FORTIFY" '__[a-z]+_chk(@|$| )' --dyn-syms
    if objdump -f "$binary" 2>/dev/null | grep -q x86-64 &&
        ! objdump -d --disassemble=main "$binary" | grep -q endbr64; then
        echo "${binary##*/}: indirect branches land anywhere (CET)"
        status=1
    fi
    if LC_ALL=C readelf -W -l "$binary" | grep -Eq 'LOAD.* RWE '; then
        echo "${binary##*/}: a segment is writable and executable"
        status=1
    fi
    if LC_ALL=C readelf -W -d "$binary" | grep -Eq '(RPATH|RUNPATH|TEXTREL)'; then
        echo "${binary##*/}: libraries are looked for elsewhere, or code is relocated"
        status=1
    fi
done
exit $status

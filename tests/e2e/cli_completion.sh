#!/bin/sh
# cli_completion.sh SCRIPT…: the generated completions are accepted by their shells, where those
# are installed, and bash's offers what it should.
set -u
broken=0
for script in "$@"; do
    case $script in
    */blotter)
        command -v bash >/dev/null || continue
        bash -n "$script" || broken=1
        offered=$(bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _blotter
            echo "${COMPREPLY[*]}"' - "$script" blotter --sn)
        [ "$offered" = --snapshot ] || { echo "bash offers '$offered' for --sn"; broken=1; }
        offered=$(bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _blotter
            echo "${COMPREPLY[*]}"' - "$script" blotter --color a)
        [ "$offered" = 'auto always' ] || { echo "bash offers '$offered' for --color a"; broken=1; }
        here=$(mktemp -d)
        : >"$here/a config"
        offered=$(bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _blotter
            echo "${#COMPREPLY[@]} ${COMPREPLY[0]}"' - "$script" blotter --config "$here/a")
        rm -r "$here"
        [ "$offered" = "1 $here/a config" ] || { echo "bash offers '$offered' for a file"; broken=1; }
        ;;
    */_blotter) command -v zsh >/dev/null && { zsh -n "$script" || broken=1; } ;;
    *.fish) command -v fish >/dev/null && { fish -n "$script" || broken=1; } ;;
    esac
done
exit "$broken"

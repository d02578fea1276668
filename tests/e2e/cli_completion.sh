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
        # WORDS… EXPECTED: what is offered when WORDS stand there, the last one begun.
        offers() {
            offered=$(bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _blotter
                echo "${COMPREPLY[*]}"' - "$script" blotter "$1" "$2" "$3")
            [ "$offered" = "$4" ] || { echo "bash offers '$offered' for $1 $2 $3"; broken=1; }
        }
        offers --demo --ascii --sn --snapshot
        offers --demo --color a 'auto always'
        offers --demo --theme n nord
        offers --watch -e order_e order_executed
        offers --watch -o r raw
        offers --snapshot -o r ''
        offers --snapshot -o c csv
        offers --demo -O alerts.on alerts.on_event=
        here=$(mktemp -d)
        mkdir "$here/blotter"
        printf '[main]\n[profile.paper]\nurl = x\n[profile.live]\n' >"$here/blotter/blotter.ini"
        XDG_CONFIG_HOME=$here
        export XDG_CONFIG_HOME
        offers --demo -P '' 'paper live'
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

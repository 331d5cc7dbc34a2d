# How the scripts speak to people. Sourced, not run.
# shellcheck shell=bash
#
#   heading TEXT        opens a part of the work
#   step LABEL CMD...   runs CMD quietly, shows how long it took; its output only when it fails.
#                       The output stays in build/log/ and $STEP_LOG names the file. Lines that
#                       match $STEP_HIDE are not worth showing.
#   note TEXT, die TEXT
#   AT_EXIT+=(FUNCTION) what must be undone however the script ends
#
# Colour and progress only on a terminal; NO_COLOR is honoured.

if [[ -t 1 && ${TERM-dumb} != dumb && -z ${CI-} ]]; then SAY_LIVE=yes; else SAY_LIVE=; fi
if [[ $SAY_LIVE && -z ${NO_COLOR-} ]]; then
    SAY_BOLD=$'\e[1m' SAY_GOOD=$'\e[32m' SAY_BAD=$'\e[31m' SAY_DIM=$'\e[2m' SAY_OFF=$'\e[0m'
else
    SAY_BOLD='' SAY_GOOD='' SAY_BAD='' SAY_DIM='' SAY_OFF=''
fi
SAY_TICKER=
STEP_LOG=
AT_EXIT=(stop_ticker)

say_goodbye() {
    local undo
    for undo in "${AT_EXIT[@]}"; do "$undo"; done
}
trap say_goodbye EXIT

heading() { printf '\n%s%s%s\n' "$SAY_BOLD" "$1" "$SAY_OFF"; }
note() { printf '  %s\n' "$1"; }
die() {
    printf '%s%s:%s %s\n' "$SAY_BAD" "${0##*/}" "$SAY_OFF" "$1" >&2
    exit "${2:-1}"
}

tick() {
    local label=$1 start=$SECONDS
    while sleep 1; do
        ((SECONDS - start < 2)) || printf '\r   ...  %-52s %4d s' "$label" $((SECONDS - start))
    done
}

stop_ticker() {
    [[ $SAY_TICKER ]] || return 0
    kill "$SAY_TICKER" 2>/dev/null || true
    wait "$SAY_TICKER" 2>/dev/null || true
    SAY_TICKER=
    printf '\r\e[K'
}

# One line about something that was checked: ok LABEL DETAIL, bad LABEL DETAIL.
ok() { printf '   %sok%s   %-52s %s%s%s\n' "$SAY_GOOD" "$SAY_OFF" "$1" "$SAY_DIM" "${2-}" "$SAY_OFF"; }
bad() { printf '  %sFAIL%s  %-52s %s\n' "$SAY_BAD" "$SAY_OFF" "$1" "${2-}"; }
skip() { printf '  skip  %-52s %s\n' "$1" "${2-}"; }

# The first and the last lines of a log: what went wrong is in one of them.
show_failure() {
    grep -vE "${STEP_HIDE:-^$}" "$1" | awk -v most=80 '
        { line[NR] = $0 }
        END {
            for (i = 1; i <= NR; i++) {
                if (i > most && i <= NR - most) { left_out++; continue }
                if (left_out) print "        ... " left_out " lines ..."
                left_out = 0
                print "        " line[i]
            }
        }' || true
}

step() {
    local label=$1 start=$SECONDS code=0 took
    shift
    mkdir -p build/log
    STEP_LOG=build/log/${label//[^A-Za-z0-9]/-}.log
    if [[ $SAY_LIVE ]]; then
        tick "$label" &
        SAY_TICKER=$!
    fi
    "$@" >"$STEP_LOG" 2>&1 </dev/null || code=$?
    stop_ticker
    took="$(printf '%4d s' $((SECONDS - start)))"
    if ((code == 0)); then
        ok "$label" "$took"
    else
        bad "$label" "$took"
        show_failure "$STEP_LOG"
        note "      (exit $code; also in $STEP_LOG)"
    fi
    return "$code"
}

#!/usr/bin/env bash
# Runs `convcost check` for action.yml. Inputs come as environment variables, never as parts of this script: nothing that they hold is executed.
set -euo pipefail

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# A checkout of the action is not built yet.
[ -d "$home/dist" ] || npm ci --prefix "$home" --no-audit --no-fund >&2

# Each line that is not blank, without the blanks around it.
lines() { sed -e 's/\r$//' -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//' -e '/^$/d' <<< "$1"; }

flags=()
while IFS= read -r budget; do flags+=("--max-${budget%%=*}=${budget#*=}"); done < <(lines "${BUDGETS//,/$'\n'}")
while IFS= read -r increase; do flags+=("--max-increase=$increase"); done < <(lines "${MAX_INCREASE//,/$'\n'}")
[ -z "$BASELINE" ] || flags+=("--baseline=$BASELINE")
[ -z "$CONFIG" ] || flags+=("--config=$CONFIG")
while IFS= read -r flag; do flags+=("$flag"); done < <(lines "$ARGS")
models=()
while IFS= read -r model; do models+=("$model"); done < <(lines "$MODELS")

cd "$WORKING_DIRECTORY"
report="$RUNNER_TEMP/convcost-check.json"
check() { node "$home/bin/convcost.js" check ${flags[@]+"${flags[@]}"} "$@" -- ${models[@]+"${models[@]}"}; }
status=0
check --format github || status=$?
check --json > "$report" 2> /dev/null || true
# A request that was wrong has no report.
[ -s "$report" ] || report=""
case $status in 0) word=pass ;; 1) word=fail ;; *) word=unknown ;; esac
printf 'status=%s\nreport=%s\n' "$word" "$report" >> "$GITHUB_OUTPUT"
exit "$status"

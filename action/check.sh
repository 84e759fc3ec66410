#!/usr/bin/env bash
# Runs `convcost check` for action.yml. Inputs come as environment variables, never as parts of this script: nothing that they hold is executed.
set -euo pipefail

# Each line that is not blank, without the blanks around it.
lines() { sed -e 's/\r$//' -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//' -e '/^$/d' <<< "$1"; }

# A text as workflow commands take it (actions/toolkit, command.ts).
escaped() { local text=${1//'%'/%25}; text=${text//$'\r'/%0D}; printf '%s' "${text//$'\n'/%0A}"; }

finish() {
  trap - EXIT
  printf 'status=%s\nreport=%s\n' "$2" "$3" >> "$GITHUB_OUTPUT"
  exit "$1"
}
# Whatever ends this script before its time, nothing was checked.
trap 'finish 2 unknown ""' EXIT

# A request that is wrong: it is told where it was written.
refuse() {
  printf '::error title=convcost check::%s\n' "$(escaped "$1")"
  finish 2 unknown ''
}

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# A checkout of the action is not built yet.
[ -d "$home/dist" ] || npm ci --prefix "$home" --no-audit --no-fund >&2

flags=()
while IFS= read -r budget; do
  [[ $budget =~ ^[a-z][a-z-]*=.+$ ]] || refuse "budgets: '$budget' is no NAME=AMOUNT, as in macs=300M"
  [[ $budget != max-* ]] || refuse "budgets: '$budget' has a name without max-, as in ${budget#max-}"
  flags+=("--max-${budget%%=*}=${budget#*=}")
done < <(lines "${BUDGETS//,/$'\n'}")
while IFS= read -r increase; do flags+=("--max-increase=$increase"); done < <(lines "${MAX_INCREASE//,/$'\n'}")
[ -z "$BASELINE" ] || flags+=("--baseline=$BASELINE")
[ -z "$CONFIG" ] || flags+=("--config=$CONFIG")
while IFS= read -r flag; do
  case $flag in
    --json* | --format* | --output* | -f* | -o*) refuse "args: $flag cannot be given: the action prints annotations, and keeps its report" ;;
  esac
  flags+=("$flag")
done < <(lines "$ARGS")
models=()
while IFS= read -r model; do models+=("$model"); done < <(lines "$MODELS")

# A path that begins with a dash or is found through CDPATH is another folder to cd.
case $WORKING_DIRECTORY in /*) folder=$WORKING_DIRECTORY ;; *) folder=./$WORKING_DIRECTORY ;; esac
cd "$folder" 2> /dev/null || refuse "working-directory: there is no folder '$WORKING_DIRECTORY'"
# Of each use in a job.
folder=$(mktemp -d "$RUNNER_TEMP/convcost.XXXXXX")
report="$folder/check.json"
check() { node "$home/bin/convcost.js" check ${flags[@]+"${flags[@]}"} "$@" -- ${models[@]+"${models[@]}"}; }
status=0
check --json > "$report" 2> "$folder/complaint" || status=$?
# A request that was wrong has no report.
[ -s "$report" ] || refuse "$(cat "$folder/complaint")"
# What args made something else of (--help, --version) is no report either.
word=$(node -e '
  const { schema, status } = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
  if (schema === "convcost/check@1") console.log(status);
' "$report" 2> /dev/null) || true
case $status-$word in 0-pass | 1-fail | 2-unknown) ;; *) refuse "args: with these nothing is checked" ;; esac
check --format github || true
finish "$status" "$word" "$report"

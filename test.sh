#!/usr/bin/env bash
# Builds with warnings as errors, checks the formatting, runs every test, and ends with "N passed, N failed".
# Installs what the tests need where it may; otherwise it says what is missing and those tests are skipped.
set -uo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

say() { printf '\n== %s\n' "$*"; }

install() { # command, package, what for
  command -v "$1" >/dev/null 2>&1 && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "Installing $2 ($3)"
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$2"; } >/dev/null 2>&1 && return
  fi
  say "MISSING: $1 ($3). Install the package $2; until then its tests are skipped."
}

install_module() { # Python module, package, what for
  /usr/bin/python3 -c "import $1" >/dev/null 2>&1 && return
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "Installing $2 ($3)"
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$2"; } >/dev/null 2>&1 && return
  fi
  say "MISSING: Python's $1 ($3). Install the package $2; until then its tests are skipped."
}

fail() { say "$1"; printf '%s passed, %s failed\n' "${passed:-0}" "$((${failed:-0} + 1))"; exit 1; }

command -v dotnet >/dev/null 2>&1 || fail "The .NET 10 SDK is missing."
install curl curl "the calls that the docs and the first page show"
install pgbouncer pgbouncer "the advisory locks' tests through a real connection pooler"
install faketime faketime "two servers whose clocks differ"
install chromium chromium "the pages' tests in a real browser"
install_module django python3-django "the exploration of a Django application"
install_module psycopg2 python3-psycopg2 "the exploration of a Django application, and the gate's tests with libpq"

# The PostgreSQL of the npm package is tested beside the one that the machine may have.
postgres=auto
if command -v npm >/dev/null 2>&1; then postgres=always; else say "MISSING: npm (the PostgreSQL of the npm package). Install Node.js 20; until then its test is skipped."; fi

say "Building"
dotnet build Tiebreak.slnx -c Release "-p:TiebreakInstallPostgres=$postgres" || fail "The build failed."

say "Checking the formatting"
dotnet format whitespace Tiebreak.slnx --no-restore --verify-no-changes || fail "The formatting differs: run dotnet format whitespace."

passed=0 failed=0 skipped=0
failures=$(mktemp)
for project in tests/*.Tests; do
  name=$(basename "$project")
  say "Testing $name"
  output=$(mktemp)
  timeout 15m dotnet "$project/bin/Release/net10.0/$name.dll" -noColor 2>&1 | tee "$output"
  code=${PIPESTATUS[0]}
  summary=$(grep -E 'Total: [0-9]+, Errors:' "$output" | tail -n 1)
  count() { printf '%s' "$summary" | sed -n "s/.*$1: \([0-9]*\).*/\1/p"; }
  total=$(count Total) errors=$(count Errors) bad=$(count Failed) left=$(count Skipped) unrun=$(count 'Not Run')
  grep -h -A 10 '\[FAIL\]' "$output" | head -n 60 | sed "s/^/$name: /" >>"$failures"
  rm -f "$output"
  # A run that died, ran nothing or failed without saying what is a failure too.
  if [ -z "$total" ] || [ "$total" = 0 ]; then
    failed=$((failed + 1))
    echo "$name: ended with $code and no result" >>"$failures"
    continue
  fi
  if [ "$code" != 0 ] && [ $((bad + errors)) = 0 ]; then
    failed=$((failed + 1))
    echo "$name: ended with $code although no test failed" >>"$failures"
  fi
  failed=$((failed + bad + errors))
  skipped=$((skipped + left))
  passed=$((passed + total - bad - left - unrun))
done

say "Running each benchmark small, so that none rots"
for suite in "hot --callers 8 --seconds 0.3 --rounds 1" "spread --callers 8 --keys 100 --seconds 0.3 --rounds 1" "systems --callers 8 --seconds 0.3 --rounds 1" "grown --records 10,200 --keys 1,100 --rounds 1" "http --callers 8 --seconds 0.3 --rounds 1" "races --rounds 1" "neighbours --callers 8 --seconds 0.5 --rounds 1" "queue --seconds 0.3 --rounds 1"; do
  # shellcheck disable=SC2086
  if timeout 5m dotnet bench/Tiebreak.Bench/bin/Release/net10.0/Tiebreak.Bench.dll $suite; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "benchmark: $suite" >>"$failures"
  fi
done

say "Checking that the tables of docs/performance.md are those of the figures"
if command -v node >/dev/null 2>&1; then
  if node bench/charts/chart.mjs --check; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "the tables of docs/performance.md" >>"$failures"
  fi
else
  say "MISSING: Node.js (the check of the benchmarks' tables). Install Node.js 20; until then it is skipped."
  skipped=$((skipped + 1))
fi

# Said again at the end: what stands further up is lost where only the last lines of a log are kept.
if [ -s "$failures" ]; then
  say "Failed"
  cat "$failures"
fi
rm -f "$failures"

say "Done"
if [ "$skipped" -gt 0 ]; then
  printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
else
  printf '%s passed, %s failed\n' "$passed" "$failed"
fi
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]

#!/usr/bin/env bash
# Builds once, runs every benchmark suite, and puts figures, charts and the tables of docs/performance.md up to date.
# About 12 minutes; with --quick about 4, with less of everything, into bench/results and not into docs.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

case "${1:-}" in
  "") folder=docs/charts ;;
  --quick) folder=bench/results ;;
  *) echo "Usage: bench/run-all.sh [--quick]" >&2; exit 2 ;;
esac

command -v dotnet >/dev/null 2>&1 || { echo "MISSING: the .NET 10 SDK." >&2; exit 1; }
dotnet build bench/Tiebreak.Bench -c Release -v quiet
mkdir -p "$folder/data"

suite() { # name of the figures, arguments
  local name=$1
  shift
  printf '\n== %s\n' "$name"
  dotnet bench/Tiebreak.Bench/bin/Release/net10.0/Tiebreak.Bench.dll "$@" --json "$folder/data/$name.json"
}

if [ "$folder" = docs/charts ]; then
  # A round of 1,024 callers takes as long as the slowest of them: three are enough.
  suite hot hot --seconds 3 --rounds 3
  suite hot-slow-flush hot --callers 64 --seconds 3 --rounds 3 --flush-ms 1
  suite spread spread --seconds 3
  suite systems systems --seconds 3
  suite grown grown
  suite http http --seconds 5
  suite races races --rounds 9
else
  suite hot hot --callers 1,64 --seconds 1.5 --rounds 3
  suite hot-slow-flush hot --callers 64 --seconds 1.5 --rounds 3 --flush-ms 1
  suite spread spread --keys 1000 --seconds 1.5 --rounds 3
  suite systems systems --seconds 1.5 --rounds 3
  suite grown grown --records 10,10000,100000 --keys 1,100000 --rounds 3
  suite http http --seconds 1.5 --rounds 3
  suite races races --rounds 3
fi

if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
  echo "MISSING: Node.js 20 with npm. The figures are in $folder/data; charts and tables are still the old ones." >&2
  exit 1
fi

npm ci --prefix bench/charts --no-audit --no-fund --loglevel=error
if [ "$folder" = docs/charts ]; then node bench/charts/chart.mjs; else node bench/charts/chart.mjs "$folder"; fi

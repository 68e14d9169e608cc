#!/bin/sh
# The gate of a build, run in the image that was built: exports the last game night of a demo season, and verifies it.
# Fails where a type has no document, a finding is there, or another commit published. Usage: gate.sh COMMIT
set -eu
commit=$1
main=${MAIN:-/template/main.py}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python -m demo.generate --output="$work/warehouse" --seasons=1 --players=60 --first_date=2026-01-05 \
  --last_date=2026-02-11
now=$(python -m demo.tonight --warehouse="$work/warehouse")
night=${NIGHT:-${now%%T*}}
python "$main" --warehouse="$work/warehouse" --output="$work/out" --export_types=tonight-all --target_date="$night" \
  --generated_at="${night}T17:00:00Z" --min_context_rows=5 --min_active_predictions=5 --validate --json >"$work/summary"
tail -n 1 "$work/summary" | python -c '
import json, sys
exports = json.load(sys.stdin)["exports"]
empty = [name for name, made in exports.items() if not made["written"]]
print("gate:", sum(made["written"] for made in exports.values()), "documents")
sys.exit("gate: no document of " + ", ".join(empty) if empty or not exports else 0)
'
phase6 verify --output="$work/out" --warehouse="$work/warehouse" --target_date="$night" --deep
grep -q "\"$commit\"" "$work/out-control/manifest/$night.json" || {
  echo "gate: $night was not published by commit $commit" >&2
  exit 1
}
echo "gate: passed"

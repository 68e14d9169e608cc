#!/usr/bin/env bash
# Builds the image of HEAD and points the Flex Templates to it. Prints the commands; EXECUTE=1 carries them out,
# and --dry_run never does. What is built is the commit, whatever lies around uncommitted.
set -euo pipefail
# shellcheck source=deploy/common.sh
. "$(dirname "$0")/common.sh"

commit=$(git rev-parse HEAD | cut -c1-12)
archive=${TMPDIR:-/tmp}/phase6-export-$commit.tar.gz
locked=$(mktemp -d)
trap 'rm -rf "$locked"' EXIT
git show HEAD:requirements.txt >"$locked/requirements.txt"
lock=$("${PYTHON:-python3}" -c 'import pathlib, sys, pipeline.version as v; print(v.lock_digest(pathlib.Path(sys.argv[1])))' "$locked")

# What a launch from the console takes, where nothing else is given.
substitutions=(
  "_COMMIT=$commit"
  "_IMAGE=$IMAGE"
  "_TEMPLATE=$TEMPLATE"
  "_STREAMING_TEMPLATE=$STREAMING_TEMPLATE"
  "_LABELS=commit=$commit,lock=$lock${LABELS:+,$LABELS}"
  "_WORKER_FLAGS=--worker-region=$REGION ${worker_flags[*]}"
)

run git archive --format=tar.gz --output="$archive" HEAD
run gcloud builds submit "$archive" \
  --project="$PROJECT" \
  --region="$REGION" \
  --config=deploy/cloudbuild.yaml \
  --service-account="projects/$PROJECT/serviceAccounts/$BUILD_ACCOUNT" \
  --gcs-source-staging-dir="gs://$WORK_BUCKET/source" \
  --substitutions="^|^$(IFS='|'; printf '%s' "${substitutions[*]}")"

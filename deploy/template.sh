#!/usr/bin/env bash
# Builds the image of HEAD and points the Flex Templates to it. Prints the commands; EXECUTE=1 carries them out.
# What is built is the commit, whatever lies around uncommitted.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=deploy/settings.env
. deploy/settings.env

run() {
  printf '%q ' "$@"
  printf '\n'
  if [ "${EXECUTE:-}" = 1 ]; then
    "$@"
  fi
}

commit=$(git rev-parse HEAD | cut -c1-12)
archive=${TMPDIR:-/tmp}/phase6-export-$commit.tar.gz
locked=$(mktemp -d)
trap 'rm -rf "$locked"' EXIT
git show HEAD:requirements.txt >"$locked/requirements.txt"
lock=$("${PYTHON:-python3}" -c 'import pathlib, sys, pipeline.version as v; print(v.lock_digest(pathlib.Path(sys.argv[1])))' "$locked")

run git archive --format=tar.gz --output="$archive" HEAD
run gcloud builds submit "$archive" \
  --project="$PROJECT" \
  --region="$REGION" \
  --config=deploy/cloudbuild.yaml \
  --service-account="projects/$PROJECT/serviceAccounts/$BUILD_ACCOUNT" \
  --gcs-source-staging-dir="gs://$WORK_BUCKET/source" \
  --substitutions="_COMMIT=$commit,_LOCK=$lock,_IMAGE=$IMAGE,_TEMPLATE=$TEMPLATE,_STREAMING_TEMPLATE=$STREAMING_TEMPLATE"

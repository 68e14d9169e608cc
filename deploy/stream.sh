#!/usr/bin/env bash
# Starts the streaming job, replaces the running one (UPDATE=1, with MAPPING='Old=New' where steps have other names), or
# drains it (DRAIN=1). Prints the command; EXECUTE=1 carries it out, and --dry_run never does. JOB_OPTIONS and
# STREAM_OPTIONS of the settings are its options.
set -euo pipefail
# shellcheck source=deploy/common.sh
. "$(dirname "$0")/common.sh"

JOB=phase6-stream

if [ "${DRAIN:-}" = 1 ]; then
  # The names of running jobs are unique, and drain takes an id.
  id=ID-OF-$JOB
  if [ "${EXECUTE:-}" = 1 ]; then
    id=$(gcloud dataflow jobs list --project="$PROJECT" --region="$REGION" --status=active --filter="name=$JOB" \
      --format="value(id)")
    if [ -z "$id" ]; then
      echo "no job $JOB is running" >&2
      exit 1
    fi
  fi
  run gcloud dataflow jobs drain "$id" --project="$PROJECT" --region="$REGION"
  exit
fi

parameters=(
  "warehouse=$WAREHOUSE"
  "output=$OUTPUT"
  "input_subscription=$INPUT_SUBSCRIPTION"
  "upstream_subscription=$UPSTREAM_SUBSCRIPTION"
  "dead_letter_topic=$DEAD_LETTER_TOPIC"
  "completion_topic=$COMPLETION_TOPIC"
  "batch_template=$TEMPLATE"
  "live_feed=$LIVE_FEED"
  "live_feed_key=$LIVE_FEED_KEY"
)
for option in $JOB_OPTIONS $STREAM_OPTIONS; do
  parameters+=("$option")
done
# A comma may be part of a place, a bar is part of none of ours.
delimiter='|'
# Before bash 4.4, an empty array counts as unset.
update=()
if [ "${UPDATE:-}" = 1 ]; then
  update=(--update ${MAPPING:+"--transform-name-mappings=$MAPPING"})
fi
# One small worker answers everything, one request after the other; a second one may take over while it is replaced.
run gcloud dataflow flex-template run "$JOB" \
  --project="$PROJECT" \
  --region="$REGION" \
  --template-file-gcs-location="$STREAMING_TEMPLATE" \
  "${worker_flags[@]}" \
  --enable-streaming-engine \
  --num-workers=1 \
  --max-workers=2 \
  --worker-machine-type="${MACHINE_TYPE:-e2-standard-2}" \
  --additional-user-labels="app=phase6-export${LABELS:+,$LABELS}" \
  --parameters="^$delimiter^$(IFS=$delimiter; printf '%s' "${parameters[*]}")" \
  ${update[@]+"${update[@]}"}

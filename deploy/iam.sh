#!/usr/bin/env bash
# Makes the three accounts of a deployment, the places that they share, and gives each account what it needs and no
# more. Prints the commands; EXECUTE=1 carries them out. Run again, it changes nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=deploy/settings.env
. deploy/settings.env

run() {
  printf '%q ' "$@"
  printf '\n'
  if [ "${EXECUTE:-}" = 1 ]; then
    "$@" >/dev/null
  fi
}

# Runs what stands behind --, unless what stands before it succeeds.
unless() {
  local there=()
  while [ "$1" != -- ]; do
    there+=("$1")
    shift
  done
  shift
  if [ "${EXECUTE:-}" = 1 ] && "${there[@]}" >/dev/null 2>&1; then
    return
  fi
  run "$@"
}

account() { # ACCOUNT PURPOSE
  printf '\n# %s: %s\n' "$1" "$2"
  unless gcloud iam service-accounts describe "$1" --project="$PROJECT" -- \
    gcloud iam service-accounts create "${1%%@*}" --project="$PROJECT" --display-name="$2"
}

on_project() { # PROJECT ROLE ACCOUNT REASON
  printf '# %s\n' "$4"
  run gcloud projects add-iam-policy-binding "$1" --member="serviceAccount:$3" --role="$2" --condition=None
}

on_bucket() { # BUCKET ROLE ACCOUNT REASON
  printf '# %s\n' "$4"
  run gcloud storage buckets add-iam-policy-binding "gs://$1" --member="serviceAccount:$3" --role="$2"
}

on_images() { # ROLE ACCOUNT REASON
  printf '# %s\n' "$3"
  run gcloud artifacts repositories add-iam-policy-binding "$REPOSITORY" --project="$PROJECT" --location="$REGION" \
    --member="serviceAccount:$2" --role="$1"
}

on_topic() { # TOPIC ROLE ACCOUNT REASON
  printf '# %s\n' "$4"
  run gcloud pubsub topics add-iam-policy-binding "$1" --member="serviceAccount:$3" --role="$2"
}

on_subscription() { # SUBSCRIPTION ROLE ACCOUNT REASON
  printf '# %s\n' "$4"
  run gcloud pubsub subscriptions add-iam-policy-binding "$1" --member="serviceAccount:$3" --role="$2"
}

on_secret() { # SECRET ROLE ACCOUNT REASON
  printf '# %s\n' "$4"
  run gcloud secrets add-iam-policy-binding "$1" --member="serviceAccount:$3" --role="$2"
}

topic() { # TOPIC
  unless gcloud pubsub topics describe "$1" -- gcloud pubsub topics create "$1"
}

# Messages wait for a week, as long as Pub/Sub lets them, and a subscription that nobody reads does not expire.
subscription() { # SUBSCRIPTION TOPIC
  unless gcloud pubsub subscriptions describe "$1" -- \
    gcloud pubsub subscriptions create "$1" --topic="$2" --ack-deadline=600 --message-retention-duration=7d \
    --expiration-period=never
}

on_account() { # ACCOUNT ROLE MEMBER REASON
  printf '# %s\n' "$4"
  run gcloud iam service-accounts add-iam-policy-binding "$1" --project="$PROJECT" \
    --member="serviceAccount:$3" --role="$2"
}

printf '# Services\n'
run gcloud services enable --project="$PROJECT" artifactregistry.googleapis.com bigquery.googleapis.com \
  bigquerystorage.googleapis.com cloudbuild.googleapis.com cloudscheduler.googleapis.com dataflow.googleapis.com \
  pubsub.googleapis.com secretmanager.googleapis.com storage.googleapis.com

printf '\n# Places: staging files and the template; images\n'
unless gcloud storage buckets describe "gs://$WORK_BUCKET" -- \
  gcloud storage buckets create "gs://$WORK_BUCKET" --project="$PROJECT" --location="$REGION" \
  --uniform-bucket-level-access --public-access-prevention
unless gcloud storage buckets describe "gs://$CONTROL_BUCKET" -- \
  gcloud storage buckets create "gs://$CONTROL_BUCKET" --project="$PROJECT" --location="$REGION" \
  --uniform-bucket-level-access --public-access-prevention
unless gcloud artifacts repositories describe "$REPOSITORY" --project="$PROJECT" --location="$REGION" -- \
  gcloud artifacts repositories create "$REPOSITORY" --project="$PROJECT" --location="$REGION" \
  --repository-format=docker

printf '\n# Topics and their subscriptions; that of upstream is there, or is to be made by whoever publishes to it\n'
topic "$REQUEST_TOPIC"
subscription "$INPUT_SUBSCRIPTION" "$REQUEST_TOPIC"
subscription "$UPSTREAM_SUBSCRIPTION" "$UPSTREAM_TOPIC"
topic "$COMPLETION_TOPIC"
subscription "$COMPLETION_SUBSCRIPTION" "$COMPLETION_TOPIC"
topic "$DEAD_LETTER_TOPIC"
subscription "$DEAD_LETTER_SUBSCRIPTION" "$DEAD_LETTER_TOPIC"

account "$WORKER_ACCOUNT" "Phase 6 export: runs the jobs"
on_project "$PROJECT" roles/dataflow.worker "$WORKER_ACCOUNT" \
  "Takes work from Dataflow, and reports progress, logs and metrics."
on_project "$WAREHOUSE_PROJECT" roles/bigquery.dataViewer "$WORKER_ACCOUNT" \
  "Reads the tables and their schemas. To allow less, grant it on the datasets instead."
on_project "$WAREHOUSE_PROJECT" roles/bigquery.readSessionUser "$WORKER_ACCOUNT" \
  "Opens read sessions, which is how tables are read."
on_project "$WAREHOUSE_PROJECT" roles/bigquery.jobUser "$WORKER_ACCOUNT" \
  "Asks which partitions have changed, one query per dataset, so that a backfill can skip what has not."
on_bucket "$OUTPUT_BUCKET" roles/storage.objectUser "$WORKER_ACCOUNT" \
  "Writes documents and reads what is published. Cannot change who may read the bucket."
on_bucket "$CONTROL_BUCKET" roles/storage.objectUser "$WORKER_ACCOUNT" \
  "Writes and reads manifests, takes leases and gives them back. The bucket is not public."
on_bucket "$WORK_BUCKET" roles/storage.objectUser "$WORKER_ACCOUNT" \
  "Writes and reads the staging files of a job."
on_images roles/artifactregistry.reader "$WORKER_ACCOUNT" \
  "Pulls the image that launcher and workers run."
for subscription in "$INPUT_SUBSCRIPTION" "$UPSTREAM_SUBSCRIPTION"; do
  on_subscription "$subscription" roles/pubsub.subscriber "$WORKER_ACCOUNT" \
    "Takes requests; the streaming job."
  on_subscription "$subscription" roles/pubsub.viewer "$WORKER_ACCOUNT" \
    "Dataflow looks at a subscription before it reads from it."
done
on_topic "$COMPLETION_TOPIC" roles/pubsub.publisher "$WORKER_ACCOUNT" \
  "Says what became of requests; batch jobs and the streaming job."
on_topic "$DEAD_LETTER_TOPIC" roles/pubsub.publisher "$WORKER_ACCOUNT" \
  "Puts rejected messages aside; the streaming job."
on_project "$PROJECT" roles/dataflow.developer "$WORKER_ACCOUNT" \
  "Hands long requests to a batch job; the streaming job."
on_account "$WORKER_ACCOUNT" roles/iam.serviceAccountUser "$WORKER_ACCOUNT" \
  "Starts that job as itself."
# A key of the environment needs no secret.
if [[ $LIVE_FEED_KEY == secret:* ]]; then
  secret=${LIVE_FEED_KEY#secret:}
  secret=${secret%/versions/*}
  # Empty: a role can only be granted on a secret that is there, and the key itself is for whoever has it to add.
  unless gcloud secrets describe "$secret" -- gcloud secrets create "$secret" --replication-policy=automatic
  on_secret "$secret" roles/secretmanager.secretAccessor "$WORKER_ACCOUNT" \
    "Reads the key of the live feed."
fi

account "$SCHEDULE_ACCOUNT" "Phase 6 export: starts the jobs"
on_project "$PROJECT" roles/dataflow.developer "$SCHEDULE_ACCOUNT" \
  "Starts jobs; Cloud Scheduler calls flexTemplates:launch in its name."
on_account "$WORKER_ACCOUNT" roles/iam.serviceAccountUser "$SCHEDULE_ACCOUNT" \
  "Starts them as the worker account, and as no other."
on_bucket "$WORK_BUCKET" roles/storage.objectViewer "$SCHEDULE_ACCOUNT" \
  "Reads the template."

account "$BUILD_ACCOUNT" "Phase 6 export: builds image and template"
on_images roles/artifactregistry.writer "$BUILD_ACCOUNT" \
  "Pushes the image."
on_bucket "$WORK_BUCKET" roles/storage.objectUser "$BUILD_ACCOUNT" \
  "Reads the source that was submitted, writes the template."
on_project "$PROJECT" roles/logging.logWriter "$BUILD_ACCOUNT" \
  "Writes the log of the build."

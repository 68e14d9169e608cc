#!/usr/bin/env bash
# Makes the three accounts of a deployment, the places that they share, and gives each account what it needs and no
# more. Prints the commands; EXECUTE=1 carries them out, and --dry_run never does. Run again, it changes nothing.
set -euo pipefail
# shellcheck source=deploy/common.sh
. "$(dirname "$0")/common.sh"

# What gcloud says of what it did, as whole policies, is left out.
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

# Runs a grant. An account that was just made is unknown for some seconds, and two changes of one policy conflict: what
# fails is tried again.
grant() { # REASON COMMAND...
  printf '# %s\n' "$1"
  shift
  local tries=1
  until run "$@"; do
    if [ "$tries" = 5 ]; then
      return 1
    fi
    tries=$((tries + 1))
    sleep "${WAIT:-5}"
  done
}

account() { # ACCOUNT PURPOSE
  printf '\n# %s: %s\n' "$1" "$2"
  unless gcloud iam service-accounts describe "$1" --project="$PROJECT" -- \
    gcloud iam service-accounts create "${1%%@*}" --project="$PROJECT" --display-name="$2"
}

on_project() { # PROJECT ROLE ACCOUNT REASON
  grant "$4" gcloud projects add-iam-policy-binding "$1" --member="serviceAccount:$3" --role="$2" --condition=None
}

on_bucket() { # BUCKET ROLE ACCOUNT REASON
  grant "$4" gcloud storage buckets add-iam-policy-binding "gs://$1" --member="serviceAccount:$3" --role="$2"
}

on_images() { # ROLE ACCOUNT REASON
  grant "$3" gcloud artifacts repositories add-iam-policy-binding "$REPOSITORY" --project="$PROJECT" \
    --location="$REGION" --member="serviceAccount:$2" --role="$1"
}

on_topic() { # TOPIC ROLE ACCOUNT REASON
  grant "$4" gcloud pubsub topics add-iam-policy-binding "$1" --member="serviceAccount:$3" --role="$2"
}

on_subscription() { # SUBSCRIPTION ROLE ACCOUNT REASON
  grant "$4" gcloud pubsub subscriptions add-iam-policy-binding "$1" --member="serviceAccount:$3" --role="$2"
}

on_secret() { # SECRET ROLE ACCOUNT REASON
  grant "$4" gcloud secrets add-iam-policy-binding "$1" --member="serviceAccount:$3" --role="$2"
}

on_account() { # ACCOUNT ROLE MEMBER REASON
  grant "$4" gcloud iam service-accounts add-iam-policy-binding "$1" --project="$PROJECT" \
    --member="serviceAccount:$3" --role="$2"
}

on_key() { # ROLE ACCOUNT REASON
  grant "$3" gcloud kms keys add-iam-policy-binding "$KMS_KEY" --member="serviceAccount:$2" --role="$1"
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

encrypted_bucket=()
encrypted_repository=()
if [ -n "$KMS_KEY" ]; then
  encrypted_bucket=("--default-encryption-key=$KMS_KEY")
  encrypted_repository=("--kms-key=$KMS_KEY")
fi

# Old versions of objects are kept for as long as the lifecycle says, so that a rollback finds them.
bucket() { # BUCKET LIFECYCLE FLAG...
  local name=$1 lifecycle=$2
  shift 2
  unless gcloud storage buckets describe "gs://$name" -- \
    gcloud storage buckets create "gs://$name" --project="$PROJECT" --location="$REGION" \
    --uniform-bucket-level-access ${encrypted_bucket[@]+"${encrypted_bucket[@]}"} "$@"
  run gcloud storage buckets update "gs://$name" --versioning --lifecycle-file="deploy/lifecycle/$lifecycle.json"
}

printf '# Services\n'
run gcloud services enable --project="$PROJECT" \
  artifactregistry.googleapis.com \
  bigquery.googleapis.com \
  bigquerystorage.googleapis.com \
  cloudbuild.googleapis.com \
  cloudkms.googleapis.com \
  cloudresourcemanager.googleapis.com \
  cloudscheduler.googleapis.com \
  compute.googleapis.com \
  dataflow.googleapis.com \
  iam.googleapis.com \
  logging.googleapis.com \
  monitoring.googleapis.com \
  pubsub.googleapis.com \
  run.googleapis.com \
  secretmanager.googleapis.com \
  storage.googleapis.com

# Google's own accounts have the number of the project in their names.
number=NUMBER-OF-$PROJECT
if [ "${EXECUTE:-}" = 1 ]; then
  number=$(gcloud projects describe "$PROJECT" --format="value(projectNumber)")
fi

if [[ $SUBNETWORK == https://* && $SUBNETWORK != */projects/$PROJECT/* ]]; then
  host=${SUBNETWORK#*/projects/}
  printf '\n# The subnetwork, which another project shares\n'
  grant "Puts workers into it." \
    gcloud compute networks subnets add-iam-policy-binding "${SUBNETWORK##*/}" --project="${host%%/*}" --region="$REGION" \
    --member="serviceAccount:service-$number@dataflow-service-producer-prod.iam.gserviceaccount.com" \
    --role=roles/compute.networkUser
fi

if [ -n "$KMS_KEY" ]; then
  printf '\n# The key: Google encrypts with it in the name of its own accounts\n'
  run gcloud storage service-agent --project="$PROJECT" --authorize-cmek="$KMS_KEY"
  on_key roles/cloudkms.cryptoKeyEncrypterDecrypter "service-$number@dataflow-service-producer-prod.iam.gserviceaccount.com" \
    "Encrypts the state of jobs."
  on_key roles/cloudkms.cryptoKeyEncrypterDecrypter "service-$number@compute-system.iam.gserviceaccount.com" \
    "Encrypts the disks of workers."
  on_key roles/cloudkms.cryptoKeyEncrypterDecrypter "service-$number@gcp-sa-artifactregistry.iam.gserviceaccount.com" \
    "Encrypts images."
fi

printf '\n# Places: documents, which everybody may read; what is said of runs; staging files and templates; images\n'
bucket "$OUTPUT_BUCKET" output
run gcloud storage buckets update "gs://$OUTPUT_BUCKET" --cors-file=deploy/cors.json
grant "Everybody reads documents. A missing one is answered with 404 only to who may list, and with 403 to others." \
  gcloud storage buckets add-iam-policy-binding "gs://$OUTPUT_BUCKET" --member=allUsers --role=roles/storage.objectViewer
bucket "$CONTROL_BUCKET" control --public-access-prevention
bucket "$WORK_BUCKET" work --public-access-prevention
unless gcloud artifacts repositories describe "$REPOSITORY" --project="$PROJECT" --location="$REGION" -- \
  gcloud artifacts repositories create "$REPOSITORY" --project="$PROJECT" --location="$REGION" \
  --repository-format=docker ${encrypted_repository[@]+"${encrypted_repository[@]}"}

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

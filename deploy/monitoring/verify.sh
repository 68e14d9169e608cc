#!/usr/bin/env bash
# Makes the scheduled verification: its account, the secret of its webhook, the Cloud Run job, and the Cloud Scheduler job
# that starts it. Prints the commands; EXECUTE=1 carries them out, and --dry_run never does. Run again, it makes the job
# what this file says. IMAGE_TAG is the commit of the image, that of HEAD where it is not given.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=deploy/settings.env
. deploy/settings.env
# shellcheck source=deploy/monitoring/settings.env
. deploy/monitoring/settings.env

case "${1:-}" in
  "") ;;
  --dry_run) EXECUTE= ;;
  *)
    echo "$1 is no option of this script; --dry_run is the only one" >&2
    exit 2
    ;;
esac

run() {
  printf '%q ' "$@"
  printf '\n'
  if [ "${EXECUTE:-}" = 1 ]; then
    "$@" >/dev/null
  fi
}

there() {
  [ "${EXECUTE:-}" = 1 ] && "$@" >/dev/null 2>&1
}

grant() { # REASON COMMAND...
  printf '# %s\n' "$1"
  shift
  run "$@" --member="serviceAccount:$VERIFY_ACCOUNT"
}

tag=${IMAGE_TAG:-$(git rev-parse HEAD | cut -c1-12)}

printf '# %s: verifies what is published, and alerts\n' "$VERIFY_ACCOUNT"
there gcloud iam service-accounts describe "$VERIFY_ACCOUNT" --project="$PROJECT" ||
  run gcloud iam service-accounts create "${VERIFY_ACCOUNT%%@*}" --project="$PROJECT" --display-name="Verifies, and alerts"
there gcloud secrets describe "$ALERT_SECRET" --project="$PROJECT" ||
  run gcloud secrets create "$ALERT_SECRET" --project="$PROJECT" --replication-policy=automatic
grant "reads what is published" gcloud storage buckets add-iam-policy-binding "gs://$OUTPUT_BUCKET" \
  --role=roles/storage.objectViewer
grant "reads manifests, keeps incidents and counts calls" gcloud storage buckets add-iam-policy-binding \
  "gs://$CONTROL_BUCKET" --role=roles/storage.objectUser
grant "reads the URL of the webhook" gcloud secrets add-iam-policy-binding "$ALERT_SECRET" --project="$PROJECT" \
  --role=roles/secretmanager.secretAccessor
grant "reads the schedule of games" gcloud projects add-iam-policy-binding "$WAREHOUSE_PROJECT" --condition=None \
  --role=roles/bigquery.dataViewer
grant "opens the session that reads it" gcloud projects add-iam-policy-binding "$WAREHOUSE_PROJECT" --condition=None \
  --role=roles/bigquery.readSessionUser
grant "asks for tables and their columns" gcloud projects add-iam-policy-binding "$WAREHOUSE_PROJECT" --condition=None \
  --role=roles/bigquery.jobUser

grant "launches what the streaming job has not answered" gcloud projects add-iam-policy-binding "$PROJECT" \
  --condition=None --role=roles/dataflow.developer
grant "launches it as the worker account" gcloud iam service-accounts add-iam-policy-binding "$WORKER_ACCOUNT" \
  --project="$PROJECT" --role=roles/iam.serviceAccountUser
grant "reads the template" gcloud storage buckets add-iam-policy-binding "gs://$WORK_BUCKET" \
  --role=roles/storage.objectViewer

arguments=(
  verify
  "--output=$OUTPUT"
  "--warehouse=$WAREHOUSE"
  --target_date=today
  --schedules=/template/schedules.yaml
  --launch_late=/template/settings.env
  "--alert_webhook=secret:projects/$PROJECT/secrets/$ALERT_SECRET/versions/latest"
  "--quiet_hours=$QUIET_HOURS"
  --structured_logs
)
# What is found is told by incidents; a job that is tried again would find it again.
run gcloud run jobs deploy "$VERIFY_JOB" \
  --project="$PROJECT" \
  --region="$REGION" \
  --image="$IMAGE:$tag" \
  --service-account="$VERIFY_ACCOUNT" \
  --command=phase6 \
  --args="$(IFS=,; printf '%s' "${arguments[*]}")" \
  --task-timeout="$VERIFY_TIMEOUT" \
  --max-retries=0 \
  --cpu=1 \
  --memory=1Gi \
  --labels=app=phase6-export

printf '# starts the job by its schedule\n'
run gcloud run jobs add-iam-policy-binding "$VERIFY_JOB" --project="$PROJECT" --region="$REGION" \
  --member="serviceAccount:$SCHEDULE_ACCOUNT" --role=roles/run.invoker
action=create
if there gcloud scheduler jobs describe "$VERIFY_JOB" --project="$PROJECT" --location="$REGION"; then
  action=update
fi
run gcloud scheduler jobs "$action" http "$VERIFY_JOB" \
  --project="$PROJECT" \
  --location="$REGION" \
  --schedule="$VERIFY_CRON" \
  --time-zone=America/New_York \
  --uri="https://run.googleapis.com/v2/projects/$PROJECT/locations/$REGION/jobs/$VERIFY_JOB:run" \
  --http-method=POST \
  --oauth-service-account-email="$SCHEDULE_ACCOUNT"

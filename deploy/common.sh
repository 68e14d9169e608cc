# shellcheck shell=bash
# What the scripts of this folder share: the settings, --dry_run, and the flags that every launch is given. A script that
# sources it stands in the checkout.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/settings.env
. deploy/settings.env

# What is carried out is said with EXECUTE=1; --dry_run prints, whatever EXECUTE says.
for argument in "$@"; do
  if [ "$argument" != --dry_run ]; then
    echo "$argument: is no option of ${0##*/}; its only one is --dry_run, and EXECUTE=1 carries out" >&2
    exit 2
  fi
  EXECUTE=
done

run() {
  printf '%q ' "$@"
  printf '\n'
  if [ "${EXECUTE:-}" = 1 ]; then
    "$@"
  fi
}

# Where and as what workers run, the same for the templates' defaults and for each job.
worker_flags=(
  "--service-account-email=$WORKER_ACCOUNT"
  "--temp-location=gs://$WORK_BUCKET/temp"
  "--staging-location=gs://$WORK_BUCKET/staging"
)
if [ -n "$NETWORK" ]; then
  worker_flags+=("--network=$NETWORK")
fi
if [ -n "$SUBNETWORK" ]; then
  worker_flags+=("--subnetwork=$SUBNETWORK")
fi
if [ "$PRIVATE_IPS" = true ]; then
  worker_flags+=(--disable-public-ips)
fi
if [ -n "$KMS_KEY" ]; then
  worker_flags+=("--dataflow-kms-key=$KMS_KEY")
fi

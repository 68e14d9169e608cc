-- One row for each version of a date's subset picks. A version without picks is known by its row alone.
--
-- Without this table a version is current_subset_picks.version_id with its computed_at. Run it once:
--
--   bq query --project_id=PROJECT --use_legacy_sql=false < deploy/migrations/001_current_subset_versions.sql
CREATE TABLE IF NOT EXISTS nba_predictions.current_subset_versions (
  game_date DATE NOT NULL OPTIONS (description = 'The date whose picks were selected.'),
  version_id STRING NOT NULL OPTIONS (description = 'Names the version; the greatest of a date is its newest.'),
  computed_at TIMESTAMP NOT NULL OPTIONS (description = 'When the picks were selected.'),
  total_picks INT64 NOT NULL OPTIONS (description = 'Rows of the version in current_subset_picks.'),
  is_complete BOOL NOT NULL OPTIONS (description = 'Every pick of the version was written before this row.')
)
PARTITION BY game_date
CLUSTER BY version_id
OPTIONS (description = 'Versions of subset picks, written after their picks by phase6 export --write_subset_picks.');

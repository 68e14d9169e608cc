"""The demo season: a made-up league as a warehouse of Parquet files."""

"""Alerts of many nights as columns on disk: a lake of Parquet files, written and read."""

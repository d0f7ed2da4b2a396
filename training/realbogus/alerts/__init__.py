"""The real alerts that are learnt from and judged by: read, described, split."""

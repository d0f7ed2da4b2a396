"""Rubin's published real/bogus network, taught as ours on the same folds: a rival of ours."""

"""Alerts of a lake as a HATS collection: for cross-matches and searches with astronomers' tools.

    COLLECTION/collection.properties     names the version that readers see
    COLLECTION/v000002/increments.json   the nights in it, its files, the version that it came from
    COLLECTION/v000002/alerts/           a catalogue: hats.properties, partition_info.csv, dataset/
    COLLECTION/v000002/margin/           rows of other cells within 10 arcsec of each cell, likewise
    …/dataset/Norder=K/Dir=D/Npix=N/000002.parquet

A version is whole before it has its name, and never changes; what two have in common is one file
with two names (hard links). So an increment costs what it adds, `collection.properties` replaced is
its promotion, and replaced again the way back.

Source: the IVOA note "HATS" 1.0 (ivoa.net/documents/Notes); a cell is a folder there where
`hats_npix_suffix` is "/".
"""

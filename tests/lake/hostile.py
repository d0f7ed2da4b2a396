"""Statements of strangers that shall do nothing: drawn from kinds, dressed up, nested."""

from __future__ import annotations

from random import Random

FILE = "'/etc/passwd'"
NOT_ONE_SELECT = (
    "COPY (SELECT 1) TO '{out}'",
    "COPY alerts TO '{out}' (FORMAT parquet)",
    "EXPORT DATABASE '{out}'",
    "ATTACH '{out}' AS other",
    "ATTACH ':memory:' AS other",
    "DETACH memory",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET memory_limit = '64GB'",
    "RESET memory_limit",
    "PRAGMA memory_limit = '64GB'",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "CHECKPOINT",
    "CREATE TABLE t AS SELECT 1",
    "CREATE VIEW alerts AS SELECT 1",
    "CREATE OR REPLACE VIEW alerts AS SELECT 1",
    "CREATE MACRO f(x) AS x",
    "CREATE SECRET (TYPE http)",
    "DROP VIEW alerts",
    "INSERT INTO alerts VALUES (1)",
    "UPDATE alerts SET night = 1",
    "DELETE FROM alerts",
    "COMMENT ON VIEW alerts IS 'mine'",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "EXPLAIN ANALYZE SELECT 1",
    "BEGIN",
    "USE memory",
    "VACUUM",
    "SELECT 1; SELECT 2",
    "SELECT 1; COPY (SELECT 1) TO '{out}'",
    "COPY (SELECT 1) TO '{out}'; SELECT 1",
    "",
    ";",
    "-- nothing",
    "WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM x",
    "WITH x AS (COPY (SELECT 1) TO '{out}') SELECT * FROM x",
    "WITH x AS (DELETE FROM alerts RETURNING *) SELECT * FROM x",
)
FILES = (
    f"SELECT * FROM read_csv({FILE})",
    f"SELECT * FROM read_parquet({FILE})",
    f"SELECT * FROM parquet_scan({FILE})",
    f"SELECT * FROM parquet_metadata({FILE})",
    f"SELECT * FROM read_text({FILE})",
    f"SELECT * FROM read_blob({FILE})",
    f"SELECT * FROM read_json({FILE})",
    f"SELECT * FROM sniff_csv({FILE})",
    f"SELECT * FROM {FILE}",
    "SELECT * FROM '{out}'",
    "SELECT * FROM 'http://127.0.0.1/x.parquet'",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('alerts')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "SELECT * FROM enable_logging()",
    "SELECT * FROM arrow_scan(1, 2, 3)",
    f"SELECT (SELECT count(*) FROM read_text({FILE}))",
    f"SELECT 1 WHERE EXISTS (SELECT * FROM read_csv({FILE}))",
    f"SELECT * FROM alerts, LATERAL (SELECT * FROM read_text({FILE}))",
    f"SELECT 1 UNION ALL SELECT size FROM read_blob({FILE})",
    f"WITH x AS (SELECT * FROM read_text({FILE})) SELECT * FROM x",
    f"WITH RECURSIVE x AS (SELECT 1 AS n UNION SELECT size FROM read_blob({FILE})) FROM x",
)
BOMBS = (
    "SELECT count(*) FROM range(1000000000000)",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r",
    "WITH RECURSIVE r(s) AS (SELECT 'a' UNION ALL SELECT s || s FROM r) SELECT max(s) FROM r",
    "SELECT count(*) FROM range(100000) a, range(100000) b, range(100000) c",
    "SELECT repeat('a', 2000000000)",
    "SELECT lpad('x', 2000000000, 'y')",
    "SELECT replace(repeat('a', 10000), 'a', repeat('b', 1000000))",
    "SELECT list_sum(range(100000000))",
    "SELECT array_to_string(range(100000000), ',')",
    "SELECT string_agg(repeat('x', 100000)) FROM range(1000000)",
    "SELECT * FROM range(100000000) ORDER BY hash(range)",
    "SELECT levenshtein(repeat('a', 200000), repeat('b', 200000))",
    "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "SELECT " + "+".join(["1"] * 9000),
    "SELECT " + "NOT " * 4000 + "true",
    "SELECT " + "[" * 4000 + "]" * 4000,
)
"""Each takes hours or gigabytes, or is nested too deeply."""

DRESSES = (
    "{}",
    "  {} ;",
    "/* SELECT */ {}",
    "-- SELECT 1\n{}",
    "{} -- SELECT 1",
    "\n\t{}\n;\n;",
)


def hostile(kinds: tuple[str, ...], out: str, seed: int) -> list[str]:
    """Each of some kinds once, dressed at random; what is to be written goes to `out`."""
    draw = Random(seed)
    found = []
    for kind in kinds:
        text = kind.replace("{out}", out)
        text = text.lower() if draw.random() < 0.3 and out not in text else text
        found.append(draw.choice(DRESSES).replace("{}", text))
    return found

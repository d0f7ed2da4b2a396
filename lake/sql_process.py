"""The process that answers one SQL statement, and can do nothing else: DuckDB's one door.

It reads the question from its input, writes the rows as an Arrow stream to its output, and says
last, as JSON on its error output, whether these are all, or what was wrong. See `lake.sql`.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

QUERIES = {"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"}
"""The kinds of query that only read; DuckDB lets others stand within a SELECT, too."""

TABLE_FUNCTIONS = {"range", "generate_series", "unnest", "duckdb_columns", "duckdb_views"}
"""What may stand where a table may, beside the views; all that reads files is not among it."""

NIGHTS = "CREATE VIEW nights AS SELECT night, count(*) AS alerts FROM alerts GROUP BY night"

ROWS_TOGETHER = 2_048


class RefusedError(Exception):
    """A statement that is not one SELECT over the views."""


def main() -> None:
    """Answer, and say how it went."""
    question = json.loads(sys.stdin.buffer.read())
    limits = question["limits"]
    try:
        confine(limits["memory_bytes_max"])
        connection = connected(question["views"], limits)
        check(connection, question["sql"])
        rows = connection.sql(question["sql"])
        said = {"cut_short": send(rows.to_arrow_reader(ROWS_TOGETHER), limits)}
    except (duckdb.Error, pa.ArrowException, RefusedError, MemoryError, RecursionError) as error:
        said = {"error": sentence(error, limits)}
    print(json.dumps(said), file=sys.stderr, flush=True)  # noqa: T201 - what the other side reads


def confine(memory_bytes_max: int) -> None:
    """From here on no file can be written, no memory over the bound be had, and no core is left."""
    for what, most in (
        (resource.RLIMIT_DATA, memory_bytes_max),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def connected(views: list[dict[str, Any]], limits: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """DuckDB with the views, and then locked: no files, no extensions, no settings."""
    pa.set_cpu_count(limits["threads"])
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{limits['memory_bytes_max'] // 2**21}MiB",
            "threads": limits["threads"],
            "temp_directory": "",
            "python_enable_replacements": False,
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
        },
    )
    for view in views:
        made(connection, view)
    connection.execute(NIGHTS)
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def made(connection: duckdb.DuckDBPyConnection, view: dict[str, Any]) -> None:
    """A view over files that are read through Arrow: DuckDB itself opens none."""
    name = view["name"]
    schema = pa.ipc.read_schema(pa.py_buffer(bytes.fromhex(view["schema"])))
    hive = ds.partitioning(flavor="hive")
    files = ds.dataset(view["files"], schema=schema, partitioning=hive) if view["files"] else None
    connection.register(f"{name}_files", schema.empty_table() if files is None else files)
    columns = ", ".join(map(expression, view["columns"]))
    nights = f"WHERE night IN ({', '.join(map(str, view['nights']))})" if view["nights"] else ""
    connection.execute(f"CREATE VIEW {name} AS SELECT {columns} FROM {name}_files {nights}")
    for column in view["columns"]:
        if column["comment"]:
            said = column["comment"].replace("'", "''")
            connection.execute(f"COMMENT ON COLUMN {name}.{quoted(column['name'])} IS '{said}'")


def expression(column: dict[str, Any]) -> str:
    """How a column of the files is one of the view."""
    name = quoted(column["name"])
    if column["kind"] == "number":
        return f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END AS {name}"
    if column["kind"] == "code":
        names = ", ".join(f"'{each}'" for each in column["names"])
        return f"[{names}][{name} + 1] AS {name}"
    return name


def quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def check(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    """Raises RefusedError, or DuckDB's own errors, where it is not one SELECT that only reads."""
    statements = connection.extract_statements(text)
    kinds = [each.type.name for each in statements]
    if kinds != ["SELECT"]:
        said = ", ".join(kinds) or "nothing"
        raise RefusedError(f"only one SELECT is answered; this is {said}")
    ((said,),) = connection.execute("SELECT json_serialize_sql($1)", [text]).fetchall()
    found = json.loads(said)
    if found["error"]:
        raise RefusedError(f"only one SELECT is answered; {found.get('error_message', '')}")
    for node in nodes(found["statements"]):
        kind, function = str(node.get("type", "")), node.get("function") or {}
        if kind.endswith("_NODE") and kind not in QUERIES:
            raise RefusedError(
                f"only reading is allowed, and there is {kind.removesuffix('_NODE')}"
            )
        if kind == "TABLE_FUNCTION" and function.get("function_name") not in TABLE_FUNCTIONS:
            raise RefusedError(
                f"{function.get('function_name')}(...) is no table here; there are alerts,"
                " light_curves, nights, revisions, variability,"
                f" {', '.join(sorted(TABLE_FUNCTIONS))}"
            )


def nodes(tree: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Every object in it."""
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def send(batches: pa.RecordBatchReader, limits: dict[str, Any]) -> str:
    """Write rows to the output, as many as may be; why there are more, or nothing."""
    rows_left, bytes_left = limits["rows_max"], limits["answer_bytes_max"]
    with pa.ipc.new_stream(sys.stdout.buffer, batches.schema) as stream:
        for batch in batches:
            if batch.nbytes > bytes_left:
                return f"cut after {limits['answer_bytes_max'] / 2**20:,.0f} MiB"
            stream.write_batch(batch.slice(0, rows_left))
            if len(batch) > rows_left:
                return f"cut after {limits['rows_max']:,} rows"
            rows_left -= len(batch)
            bytes_left -= batch.nbytes
    return ""


def sentence(error: Exception, limits: dict[str, Any]) -> str:
    """What was wrong, in one line."""
    if isinstance(error, MemoryError | duckdb.OutOfMemoryException):
        most = limits["memory_bytes_max"] / 2**20
        return f"the statement needs more than its {most:,.0f} MiB of memory; ask for less"
    return " ".join(str(error).split())


if __name__ == "__main__":
    main()

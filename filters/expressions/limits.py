"""Every bound on an expression: what may be written is small, so that reading and asking it are."""

TEXT_CHARS_MAX = 1000
"""Of one clause's text; a longer one is several clauses, or a watchlist."""

TOKENS_MAX = 300
"""Names, numbers, texts, operators, brackets and commas of one clause."""

DEPTH_MAX = 32
"""Of brackets in the text, and of operations and calls within each other."""

NODES_MAX = 150
"""Columns, constants, operations and calls of one clause, a literal of a membership each one."""

MEMBERSHIP_MAX = 64
"""Literals after one `in`; more is a watchlist."""

NUMBER_CHARS_MAX = 25
"""Of a number as it is written: a float64 has 17 digits, an alert's id at most 19."""

EXPONENT_MAX = 8
"""Of `**`, above or below 0; an exponent is a whole or a half number."""

NAME_CHARS_MAX = 64
"""Of a column's, a function's, a clause's name, and of a text in quotes."""

FILTER_CHARS_MAX = 63
"""Of a filter's name, which ends the name of its topic."""

DESCRIPTION_CHARS_MAX = 2000
"""Of what a filter says of itself."""

FILE_BYTES_MAX = 100_000
"""Of a filter's file: 64 clauses of the longest text and a description fit."""

"""The job that keeps an index of a lake's embeddings, so that likeness is asked in milliseconds."""

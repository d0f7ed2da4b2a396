"""Objects that are like one another: a lake's embeddings gathered, indexed and searched."""

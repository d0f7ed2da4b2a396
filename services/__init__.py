"""Jobs beside the stream that keep state between batches; a folder each."""

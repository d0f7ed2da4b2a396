"""The portal: a web page and an HTTP interface over what is there, with no store of its own."""

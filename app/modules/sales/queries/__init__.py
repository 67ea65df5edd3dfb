"""What sales documents need to know: prices and taxes of lines, what is open, what a document will post."""

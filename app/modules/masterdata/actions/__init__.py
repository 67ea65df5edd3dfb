"""Changes of master data. An update leaves what is not given as it is; None empties what may be empty."""

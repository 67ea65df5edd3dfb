"""The accounting manual: pure functions over decimals, dates and frozen records. They see only the kernel."""

"""What finance shows: lists, documents, reports, and the set-up wizard."""

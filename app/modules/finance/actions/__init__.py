"""What changes the books. Entries are queued and posted last of all, because the series row is the narrow place."""

"""Forms that results come in: tables in tables, records, tables of text, and what a command prints."""

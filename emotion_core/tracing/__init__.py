"""The only code that opens an nnsight trace: record, generate, score."""

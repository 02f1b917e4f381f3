"""Text in, PromptSet out: rows, files, splits, built-in sets and checks."""

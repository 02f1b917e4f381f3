"""What the pages share: set-up, working card, run panel, charts, downloads, errors."""

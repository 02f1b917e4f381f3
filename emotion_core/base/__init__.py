"""What stands under everything: errors, numbers, jobs, settings, files, the activation cache."""

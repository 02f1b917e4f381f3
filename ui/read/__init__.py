"""Read: the form and the result of every kind of reading."""

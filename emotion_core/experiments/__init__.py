"""Every kind of run over vectors, described once; pages, command line and library go through the same door."""

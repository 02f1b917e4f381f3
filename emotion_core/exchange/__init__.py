"""In and out: GGUF control vectors, other tools' files, and the bundle that takes everything along."""

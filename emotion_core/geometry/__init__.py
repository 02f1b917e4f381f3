"""How emotions lie next to each other: PCA, clusters, similarity."""

"""Image captioning: networks that attend to a grid of patches and describe an image in words."""

"""Translation from English into French by encoder-decoders, and whether attention explains it."""

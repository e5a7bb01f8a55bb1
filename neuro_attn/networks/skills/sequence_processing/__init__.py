"""Three ways of processing a sequence: recurrence, causal convolution and self-attention."""

"""Training the voice encoder."""

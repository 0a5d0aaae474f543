"""Training the face encoder."""

"""Training, judging and calibrating what comes after the encoders."""

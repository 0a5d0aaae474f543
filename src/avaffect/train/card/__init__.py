"""What a model says of itself: its corpora, their terms, its figures and limits."""

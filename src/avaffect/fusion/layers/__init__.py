"""What the fusions are made of: joint cross-attention steps, gates, attention, masks."""

"""From a recording to streams: features and masks of the face and the voice, on one timeline."""

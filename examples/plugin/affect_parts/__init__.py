"""A fusion, an encoder, a corpus and a face detector for avaffect."""

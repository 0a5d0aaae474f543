"""From inputs to a folder of results: what `avaffect predict` does with one recording, and with many.

`job` says what is to be done in plain values, `reader` does it to one recording, `resume` tells what an
earlier run has done. Nothing heavy is loaded before `reader` is.
"""

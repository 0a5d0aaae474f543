"""From inputs to a folder of results: what `avaffect predict` does with one recording, and with many.

The command's own process loads no model and decodes nothing. It asks processes that do (`crew`), in the plain
values of `job`; there `reader` answers. A process that dies takes one recording with it.
"""

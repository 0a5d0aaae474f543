"""`python -m avaffect` is the same as `avaffect`."""

from avaffect.cli import main

main()

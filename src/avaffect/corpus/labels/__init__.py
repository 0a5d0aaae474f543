"""One reader of label files, for corpora and for evaluation.

A label file is read the same way wherever it is given: a table with any separator, decimal and unit of time;
the files of CARMA and DARMA; tiers of ELAN and Praat; the text files of the ABAW challenges.
"""

from .files import Kind, LabelFile, kind_of, label_file, label_files
from .options import LabelOptions, parse_number, parse_scale
from .read import Labels, read_label_file

__all__ = [
    "Kind",
    "LabelFile",
    "LabelOptions",
    "Labels",
    "kind_of",
    "label_file",
    "label_files",
    "parse_number",
    "parse_scale",
    "read_label_file",
]

"""Writes the ONNX graphs of all embedded models, beside their weights in `src/avaffect/weights`.

.venv/bin/python scripts/graphs/models.py
"""

from avaffect.export.model import write_graphs
from avaffect.model_folder import embedded

if __name__ == "__main__":
    for folder in embedded().values():
        write_graphs(folder)

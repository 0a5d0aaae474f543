"""Networks as ONNX graphs that run without torch."""

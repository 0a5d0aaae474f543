"""What is not collected: modules whose extra is not installed."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("ray") else ["src/avaffect/run/on_ray.py"]  # the extra 'scale'

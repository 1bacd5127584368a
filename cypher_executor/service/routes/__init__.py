"""The endpoints, one module for each family. `FAMILIES` in `service/families.py` lists them."""

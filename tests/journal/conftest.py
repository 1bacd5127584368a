"""A SQLite journal, what to write into it, and the disks of the contract suite that fail or forget."""

from tests.contracts.conftest import make as make
from tests.contracts.test_sqlite_power_cut import on_disk as on_disk

"""A simulated Printago cloud with printers: REST and MQTT, for demonstration, development and tests."""

from .config import FarmConfig
from .farm import VirtualFarm
from .faults import Fault
from .requests import RequestRecord

__all__ = ["FarmConfig", "Fault", "RequestRecord", "VirtualFarm"]

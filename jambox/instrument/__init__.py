"""The instrument: one memory, one signal path, one object."""

from jambox.instrument.instrument import Design, Instrument, Network, Runtime

__all__ = ["Design", "Instrument", "Network", "Runtime"]

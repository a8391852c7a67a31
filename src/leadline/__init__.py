"""Leadline: from labelled examples to a trained, explained, deployed and monitored model, measuring at every step."""

__version__ = "0.1.0"

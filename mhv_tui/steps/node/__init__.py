"""The compute node: packages, configuration, service."""

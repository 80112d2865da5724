"""The vCenter: address, certificate, login."""

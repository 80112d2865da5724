"""The port group of the instances."""

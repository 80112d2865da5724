"""The cluster that nova drives."""

"""The page `node`: packages, configuration and service of the compute node that connects to vCenter.

A machine that serves another hypervisor is a failure; nova-compute is not started before the node has reached vCenter.
"""

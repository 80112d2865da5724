"""Implements core.ports over real systems.

Only this package imports the vendor libraries, and only inside functions. It converts all of their errors to findings.
"""

import logging

# If a logger has no handler, Python prints its warnings over the screen.
for _library in ("keystoneauth", "openstack", "paramiko", "stevedore", "urllib3", __name__):
    logging.getLogger(_library).addHandler(logging.NullHandler())

"""The real world behind core.ports.

Vendor libraries are imported here only, inside functions, and none of their errors get out.
"""

import logging

# Without a handler of their own, Python prints what the libraries log as warnings over the screen.
for _library in ("keystoneauth", "openstack", "paramiko", "stevedore", "urllib3"):
    logging.getLogger(_library).addHandler(logging.NullHandler())

"""Real parts to rehearse against: machines with systemd, OpenSSH and apt, real OpenStack services, a vCenter simulator.

It needs root on Debian or Ubuntu and stays inside its own directories, bridges and tables; nothing here is imported by
the product itself, except by its command line."""

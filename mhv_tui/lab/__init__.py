"""A lab of real parts for rehearsals: machines with systemd and SSH, OpenStack services, a vCenter simulator.

The lab needs root on Debian or Ubuntu. It uses only its own directories, bridges and nftables tables. The product does
not import it; only the command line does."""

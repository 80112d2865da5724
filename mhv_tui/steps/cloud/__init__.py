"""The OpenStack cloud: login, release, networking."""

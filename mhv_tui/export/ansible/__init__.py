"""Answers as an Ansible project: the roles are hand-written files in `data`, inventory and variables are generated."""

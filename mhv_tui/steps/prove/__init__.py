"""Two test servers, one on each hypervisor."""

"""The adapters against real parts: TLS servers, the lab's vCenter, an SSH server, qemu-img, shell scripts."""

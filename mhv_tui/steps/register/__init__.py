"""Registration of the new host in the cloud."""

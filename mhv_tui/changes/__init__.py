"""The verbs: what is done to files, packages, services, a vCenter and a cloud, each with its way back."""

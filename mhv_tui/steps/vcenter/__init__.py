"""The page of the vCenter: its address, the trust in its certificate, and what the login may do there.

It logs in only if the certificate is trusted in the way that the operator chose.
"""

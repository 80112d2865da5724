"""The page `vcenter`: its address, how its certificate is trusted, and the privileges of the login.

mhv-tui logs in only if the certificate is trusted in the way that the operator chose.
"""

# Prints name TAB version of every installed package, one per line, half-configured packages included.
export LC_ALL=C
if [ -s /var/lib/dpkg/status ] && command -v dpkg-query >/dev/null 2>&1; then
    dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\t${Version}\n' | sed -n 's/^.[^nc].\t//p'
else
    # rpm lists each imported key as a package of this name.
    rpm -qa --qf '%{NAME}\t%{EVR}\n' | grep -v '^gpg-pubkey[[:blank:]]'
fi

# Every package on the machine and its version, one a line, with a TAB between; also one that is half-configured.
export LC_ALL=C
if command -v dpkg-query >/dev/null 2>&1; then
    dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\t${Version}\n' | sed -n 's/^.[^nc].\t//p'
else
    rpm -qa --qf '%{NAME}\t%{EVR}\n'
fi

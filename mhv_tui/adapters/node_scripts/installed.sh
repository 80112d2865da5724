# Every installed package and its version, one a line, with a TAB between.
export LC_ALL=C
if command -v dpkg-query >/dev/null 2>&1; then
    dpkg-query -W -f '${db:Status-Abbrev}\t${Package}\t${Version}\n' | sed -n 's/^[ih]i.\t//p'
else
    rpm -qa --qf '%{NAME}\t%{EVR}\n'
fi

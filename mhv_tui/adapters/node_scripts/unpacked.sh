# The packages that a job's installations unpacked, by the job's own record, one a line. Arguments: its id.
# A line "?" stands for a run that kept no record (an earlier version's): what it brought is not known.
dir=/var/lib/mhv-tui/jobs/$1
if [ -e "$dir/unpacked" ]; then
    cat "$dir/unpacked"
elif [ -e "$dir/script" ] && [ ! -e "$dir/began" ]; then
    echo '?'
fi
# A killed dnf has not written its list: its transaction lies between its beginning and its last word.
[ -e "$dir/began" ] || exit 0
stamps=$(rpm -qa --qf '%{INSTALLTID} %{NAME}\n') || exit 1
printf '%s\n' "$stamps" | awk -v from="$(cat "$dir/began")" -v to="$(stat -c %Y "$dir/log")" \
    '$1 >= from + 0 && $1 <= to + 1 { print $2 }'

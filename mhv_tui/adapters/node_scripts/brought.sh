# The packages that a job's installations unpacked, by the job's own record, one a line. Arguments: its id.
dir=/var/lib/mhv-tui/jobs/$1
cat "$dir/brought" 2>/dev/null
# A killed dnf has not written its list: its transaction lies between its beginning and its last word.
[ ! -e "$dir/began" ] || rpm -qa --qf '%{INSTALLTID} %{NAME}\n' |
    awk -v from="$(cat "$dir/began")" -v to="$(stat -c %Y "$dir/log")" '$1 >= from && $1 <= to + 1 { print $2 }'

# Prints the packages that a job's installations unpacked, from the job's record, one per line. Arguments: its id.
# The line "?" means that a run of an earlier version kept no record, so its packages are unknown.
dir=/var/lib/mhv-tui/jobs/$1
if [ -e "$dir/unpacked" ]; then
    cat "$dir/unpacked"
elif [ -e "$dir/script" ] && [ ! -e "$dir/began" ]; then
    echo '?'
fi
# A killed dnf wrote no list. Its transaction lies between the start of the run and the last write to its log.
[ -e "$dir/began" ] || exit 0
stamps=$(rpm -qa --qf '%{INSTALLTID} %{NAME}\n') || exit 1
printf '%s\n' "$stamps" | awk -v from="$(cat "$dir/began")" -v to="$(stat -c %Y "$dir/log")" \
    '$1 >= from + 0 && $1 <= to + 1 { print $2 }'

# Starts a detached job, or says that it runs or has ended already. Arguments: the job's id, the script that tells what
# a job brought, its verb, packages. The input is the job's script. Answers: running | ended | started.
id=$1 brought=$2 dir=/var/lib/mhv-tui/jobs/$1
shift 2
umask 022
mkdir -p "$dir" || exit 1
pid=$(cat "$dir/pid" 2>/dev/null)
# Lists that were refreshed some days ago, heard by nobody, are no answer to today's wish.
if [ -f "$dir/rc" ] && [ "$1" = refresh ] && ! grep -q mhv-tui "/proc/$pid/cmdline" 2>/dev/null; then rm -f "$dir/rc"; fi
if [ -f "$dir/rc" ]; then
    echo ended
    exit
fi
if [ -n "$pid" ] && grep -q mhv-tui "/proc/$pid/cmdline" 2>/dev/null; then
    echo running
    exit
fi
# What earlier runs brought goes on record while their log still says when the last of them ended.
if [ "$1" = install ] && { [ ! -e "$dir/unpacked" ] || [ -e "$dir/began" ]; }; then
    sh -c "$brought" mhv-tui "$id" >"$dir/unpacked.new" && mv -f "$dir/unpacked.new" "$dir/unpacked" || exit 1
    rm -f "$dir/began"
fi
rm -f "$dir/rc.ack" "$dir/pid" "$dir/status" "$dir/log"
cat >"$dir/script" || exit 1
# A unit of its own outlives the login session wherever logind ends its processes; setsid is the way without systemd.
if ! { [ -d /run/systemd/system ] && command -v systemd-run >/dev/null 2>&1 &&
    systemd-run --quiet --collect --unit="mhv-tui-$id-$$" sh "$dir/script" "$dir" "$@" </dev/null 2>/dev/null; }; then
    setsid sh "$dir/script" "$dir" "$@" </dev/null >/dev/null 2>&1 &
fi
tries=0
while [ ! -s "$dir/pid" ] && [ $tries -lt 200 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
echo started

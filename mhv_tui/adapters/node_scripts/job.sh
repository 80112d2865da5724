# Runs detached on the machine; start.sh stores this script beside the job's log. Arguments: the job's directory, a verb
# (install, purge, refresh), packages. Writes the files pid, log, status (APT::Status-Fd), at the end rc (exit code), and
# during an installation unpacked: the names of the packages that it unpacked.
dir=$1 verb=$2
shift 2
trap '' HUP
echo $$ >"$dir/pid"
exec </dev/null >>"$dir/log" 2>&1 3>"$dir/status"
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"
export DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical NEEDRESTART_SUSPEND=1
guard=/usr/sbin/policy-rc.d former=/var/lib/mhv-tui/policy-rc.d.former

# The programs of apt may be installed on a machine of rpm; dpkg's database shows which package tool is used.
on_dpkg() { [ -s /var/lib/dpkg/status ] && command -v apt-get >/dev/null 2>&1; }

apt() {
    apt-get -y -q -o DPkg::Lock::Timeout=600 -o APT::Status-Fd=3 -o Dpkg::Use-Pty=0 \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

# Services must not start before they are configured. Debian starts them at installation unless policy-rc.d exits with
# 101. This policy-rc.d checks that the job still runs, so that it blocks nothing after the job was killed.
guard_on() {
    guard_off
    [ ! -e "$guard" ] || guard_is_ours || mv -f "$guard" "$former" || return
    cat >"$guard.mhv-tui" <<END
#!/bin/sh
# made by mhv-tui: services are not started while its job $$ installs packages
grep -q mhv-tui /proc/$$/cmdline 2>/dev/null && exit 101
[ ! -x $former ] || exec $former "\$@"
exit 0
END
    chmod 0755 "$guard.mhv-tui" && mv -f "$guard.mhv-tui" "$guard"
}

guard_is_ours() { grep -q 'made by mhv-tui' "$guard" 2>/dev/null; }

# Leaves the guard of another job in place while that job runs.
guard_off() {
    if [ -e "$guard" ] && ! guard_is_ours; then return 0; fi
    holder=$(sed -n 's/^# made by mhv-tui: .* its job \([0-9]*\) .*/\1/p' "$guard" 2>/dev/null)
    if [ "${holder:-$$}" != $$ ] && grep -q mhv-tui "/proc/$holder/cmdline" 2>/dev/null; then return 0; fi
    if [ -e "$former" ]; then mv -f "$former" "$guard"; else rm -f "$guard"; fi
}

# Configures the packages that a killed run left half-configured. Waits for the lock, because dpkg does not.
configure_pending() {
    tries=0
    while [ -n "$(dpkg --audit 2>/dev/null)" ] && [ $tries -lt 60 ]; do
        output=$(dpkg --force-confdef --force-confold --configure -a 2>&1)
        code=$?
        printf '%s\n' "$output"
        case $output in *"lock"*) sleep 10 ;; *) return $code ;; esac
        tries=$((tries + 1))
    done
}

# Records the packages that this job unpacks, because a later purge removes only these. apt passes the file names to a
# hook, under its lock and before it unpacks the first. rpm stores the time of the transaction with each package.
install() {
    if on_dpkg; then
        guard_on && configure_pending &&
            apt -o "DPkg::Pre-Install-Pkgs::=sed 's|.*/||; s|_.*||' >>$dir/unpacked" --no-install-recommends install "$@"
        code=$?
        guard_off
        return $code
    fi
    date +%s >"$dir/began" || return
    if command -v dnf >/dev/null 2>&1; then
        unlocked dnf -y --setopt=exit_on_lock=True --setopt=install_weak_deps=False install "$@"
    else
        # yum skips packages that it does not find; this option prevents that in versions that know it.
        yum -y --setopt=skip_missing_names_on_install=False install "$@"
    fi
    code=$?
    stamps=$(rpm -qa --qf '%{INSTALLTID} %{NAME}\n') &&
        printf '%s\n' "$stamps" | own_packages "$(cat "$dir/began")" $code " $* " >>"$dir/unpacked" && rm -f "$dir/began"
    return $code
}

# Selects from lines with the time of a transaction and a package. After a success: the transactions since $1 that have one
# of the packages $3, because others may install packages while dnf waits or downloads. After a failure $2: all since $1,
# but none if dnf had no lock, because then it has installed nothing.
own_packages() {
    awk -v from="$1" -v code="$2" -v names="$3" '
        $1 >= from && code != 200 { time[NR] = $1; name[NR] = $2; if (code || index(names, " " $2 " ")) own[$1] = 1 }
        END { for (i = 1; i <= NR; i++) if (i in time && time[i] in own) print name[i] }'
}

# Runs dnf or rpm, again for up to ten minutes while others hold a lock; then returns 200, like dnf. dnf itself would wait
# without an end for its own lock, and neither of them waits for rpm's.
unlocked() {
    tries=0
    while :; do
        lines=$(wc -l <"$dir/log")
        "$@"
        code=$?
        [ $code -ne 0 ] || return 0
        [ $code -eq 200 ] || tail -n "+$((lines + 1))" "$dir/log" | grep -q 'transaction lock' || return $code
        [ $tries -lt 60 ] || return 200
        sleep 10
        tries=$((tries + 1))
    done
}

# Purges exactly these packages. If the package tool would purge others too, prints their names and does nothing.
purge() {
    if ! on_dpkg; then
        unlocked rpm -e "$@"
        return
    fi
    guard_off
    configure_pending
    others=$(apt-get -s -q -o APT::Get::AutomaticRemove=false purge "$@" | awk '/^(Purg|Remv) / { print $2 }')
    for name; do others=$(printf '%s\n' "$others" | grep -v -x -e "$name" -e "$name:[a-z0-9]*"); done
    if [ -n "$others" ]; then
        echo "E: the purge would also remove: $(printf '%s' "$others" | tr '\n' ' ')"
        return 100
    fi
    # apt calls some of our packages essential (e2fsprogs on a minimal node), but the machine ran without them before.
    apt -o APT::Get::AutomaticRemove=false --allow-remove-essential purge "$@"
}

refresh() {
    if on_dpkg; then
        apt update
    elif command -v dnf >/dev/null 2>&1; then
        # Without this option, lists that have not expired stay as they are.
        unlocked dnf -y --setopt=exit_on_lock=True --refresh makecache
    else
        yum -y makecache
    fi
}

"$verb" "$@"
echo $? >"$dir/rc.new" && mv -f "$dir/rc.new" "$dir/rc"

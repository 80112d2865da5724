# Looks at a machine and changes nothing. Arguments: what to look at, as kind=name.
# Answers one line a fact: kind TAB name TAB value, between @@survey and @@end; contents as base64.
export LC_ALL=C TZ=UTC PATH="$PATH:/usr/sbin:/sbin"
tab=$(printf '\t')
jobs=/var/lib/mhv-tui/jobs
say() { printf '%s\t%s\t%s\n' "$1" "$2" "$3"; }
# At most $1 seconds, where the machine has the means.
within() { if command -v timeout >/dev/null 2>&1; then timeout "$@"; else shift; "$@"; fi; }
encoded() { base64 | tr -d '\n'; }

facts() {
    say release '' "$(encoded </etc/os-release 2>/dev/null)"
    say arch '' "$(uname -m)"
    say hostname '' "$(hostname 2>/dev/null || cat /proc/sys/kernel/hostname)"
    say fqdn '' "$(within 5 hostname -f 2>/dev/null)"
    say init '' "$(if [ -d /run/systemd/system ]; then echo systemd; else cat /proc/1/comm 2>/dev/null; fi)"
    say now '' "$(date +%s.%N)"
    say free '' "$(df -Pk /var 2>/dev/null | awk 'NR == 2 { printf "%.0f", $4 * 1024 }')"
    say synchronised '' "$(synchronised)"
    say lock '' "$(holder)"
    say guests '' "$(guests)"
}

synchronised() {
    if command -v chronyc >/dev/null 2>&1 && within 5 chronyc -n tracking 2>/dev/null | grep -q 'Leap status.*Normal'; then
        echo yes
    else
        within 5 timedatectl show -p NTPSynchronized --value 2>/dev/null
    fi
}

# Who holds one of the package tool's locks, from the kernel's own list: fuser is not everywhere.
holder() {
    for file in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock /var/lib/rpm/.rpm.lock; do
        inode=$(stat -c %i "$file" 2>/dev/null) || continue
        pid=$(awk -v inode="$inode" '{ n = split($6, part, ":"); if (part[n] == inode) { print $5; exit } }' /proc/locks)
        [ -n "$pid" ] && [ "$pid" -gt 0 ] 2>/dev/null && echo "$(cat "/proc/$pid/comm" 2>/dev/null) ($pid)" && return
    done
}

guests() {
    if command -v virsh >/dev/null 2>&1 && list=$(within 10 virsh -c qemu:///system list --state-running --name 2>/dev/null); then
        printf '%s\n' "$list" | grep -c .
    else
        cat /proc/[0-9]*/comm 2>/dev/null | grep -c -E '^(qemu-system|qemu-kvm|kvm$)'
    fi
}

packages() {
    if command -v dpkg-query >/dev/null 2>&1; then
        say broken '' "$(dpkg-query -W -f '${db:Status-Abbrev}|${Package}\n' | grep -E '^(.[HUFWt]|..R)' | cut -d'|' -f2 | tr '\n' ' ')"
        [ $# -gt 0 ] || return
        for name; do say package "$name" "$(dpkg-query -W -f '${db:Status-Abbrev}|${Version}' -- "$name" 2>/dev/null)"; done
        say policy '' "$(apt-cache policy -- "$@" 2>/dev/null | encoded)"
    elif command -v rpm >/dev/null 2>&1; then
        [ $# -gt 0 ] || return
        for name; do say package "$name" "$(rpm -q --qf 'ii |%{EVR}' -- "$name" 2>/dev/null | grep '^ii')"; done
        say repoquery '' "$(offered "$@" 2>/dev/null | encoded)"
    fi
}

# What can be installed, as name|version. yum, which CentOS 7 has alone, breaks a long row into two lines.
offered() {
    if command -v dnf >/dev/null 2>&1; then
        within 120 dnf -q repoquery --latest-limit 1 --qf '%{name}|%{evr}\n' "$@"
    else
        within 120 yum -q list available "$@" | awk '
            /^Available Packages/ { next }
            { for (i = 1; i <= NF; i++) word[n++] = $i }
            END { for (i = 0; i + 2 < n; i += 3) { sub(/[.][^.]*$/, "", word[i]); print word[i] "|" word[i + 1] } }'
    fi
}

# A unit's start as the clock showed it then, like a file's time: an uptime would be of another clock.
unit() {
    entered=$(within 10 systemctl show -p ActiveEnterTimestamp -- "$1" 2>/dev/null | sed 's/^[^=]*=[A-Za-z]* *//')
    since=${entered:+$(date -d "$entered" +%s 2>/dev/null)}
    say unit "$1" "$(within 10 systemctl show -p LoadState -p ActiveState -p UnitFileState -- "$1" 2>/dev/null | tr '\n' ' ')Since=$since"
}

file() {
    if [ ! -e "$1" ]; then
        # Absent for sure only where the directory can be searched.
        if ls -d "$1" 2>&1 | grep -qi 'permission denied'; then say file "$1" denied; else say file "$1" absent; fi
    elif [ -r "$1" ] && [ ! -d "$1" ]; then
        say file "$1" "$(stat -L -c '%a %U %G %Y' "$1") $(encoded <"$1")"
    else
        say file "$1" denied
    fi
}

# host:port: its address, then name, refused or timeout, then for 443 a fingerprint, and OpenSSL's verdict by the system's
# own authorities: 0 where they verify the certificate, empty where nobody could tell.
reach() {
    host=${1%:*} port=${1##*:}
    host=${host#[} host=${host%]}
    address=$(within 5 getent ahosts "$host" | awk '{ print $1; exit }')
    [ -n "$address" ] || { say reach "$1" "name"; return; }
    problem=$(knock "$address" "$port")
    seal=
    if [ -z "$problem" ] && [ "$port" = 443 ]; then
        seal=$(fingerprint "$address" "$host")
        case $seal in none) seal= ;; '') problem=tls ;; esac
    fi
    say reach "$1" "${problem:-ok} $address $seal"
}

knock() {
    if command -v bash >/dev/null 2>&1; then
        said=$(timeout 5 bash --norc -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1) && return
    else
        said=$(timeout 5 python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)' "$1" "$2" 2>&1) && return
    fi
    case $said in *[Rr]efused*) echo refused ;; *) echo timeout ;; esac
}

fingerprint() {
    where=$1
    case $1 in *:*) where="[$1]" ;; esac
    if command -v openssl >/dev/null 2>&1; then
        shown=$(timeout 8 openssl s_client -connect "$where:443" -servername "$2" </dev/null 2>/dev/null)
        digest=$(printf '%s\n' "$shown" | openssl x509 -noout -fingerprint -sha256 2>/dev/null)
        verdict=$(printf '%s\n' "$shown" | sed -n 's/^ *Verify return code: \([0-9]*\).*/\1/p' | head -n 1)
        [ -z "$digest" ] || echo "${digest#*=} $verdict"
    elif command -v python3 >/dev/null 2>&1; then
        timeout 8 python3 -c '
import hashlib, socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
with socket.create_connection((sys.argv[1], 443), 5) as raw, context.wrap_socket(raw, server_hostname=sys.argv[2]) as tls:
    digest = hashlib.sha256(tls.getpeercert(True)).hexdigest().upper()
print(":".join(digest[i : i + 2] for i in range(0, 64, 2)))' "$1" "$2" 2>/dev/null
    else
        echo none
    fi
}

# By the Python that nova-compute itself runs with, where it is there: up to Train that may be the second.
module() {
    own=$(sed -n '1s/^#! *\([^ ]*python[^ ]*\).*/\1/p' "$(command -v nova-compute)" 2>/dev/null)
    for python in $own python3 python2 python; do
        command -v "$python" >/dev/null 2>&1 || continue
        if within 30 "$python" -c 'import importlib, sys; importlib.import_module(sys.argv[1])' "$1" >/dev/null 2>&1; then
            say module "$1" yes
            return
        fi
        break
    done
    say module "$1" no
}

job() {
    dir=$jobs/$1
    [ -d "$dir" ] || { say job "$1" absent; return; }
    state=ended
    pid=$(cat "$dir/pid" 2>/dev/null)
    [ -n "$pid" ] && grep -q mhv-tui "/proc/$pid/cmdline" 2>/dev/null && state=running
    code=$(cat "$dir/rc" 2>/dev/null || cat "$dir/rc.ack" 2>/dev/null)
    say job "$1" "$state ${code:--} $(tail -n 5 "$dir/log" 2>/dev/null | encoded)"
}

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
names= number=0
for asked; do
    kind=${asked%%=*} name=${asked#*=}
    number=$((number + 1))
    # What waits for others runs beside the rest, each into a file of its own.
    case $kind in
    package) names="$names $name" ;;
    reach | module) "$kind" "$name" >"$work/$number" 2>/dev/null & ;;
    unit | file | job) "$kind" "$name" >"$work/$number" 2>/dev/null ;;
    esac
done
echo "@@survey"
facts
# shellcheck disable=SC2086 # package names hold no blanks
packages $names
wait
cat "$work"/* 2>/dev/null
echo "@@end"

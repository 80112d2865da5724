# Reads facts of a machine and changes nothing. Arguments: the facts to read, as kind=name.
# Prints one line per fact between @@survey and @@end: kind TAB name TAB value. File contents are base64.
export LC_ALL=C TZ=UTC PATH="$PATH:/usr/sbin:/sbin"
tab=$(printf '\t')
jobs=/var/lib/mhv-tui/jobs
# A fact is one line, also if a process or a host has a line break or a tab in its name.
fact() {
    printf '%s\t%s\t' "$1" "$2"
    printf '%s' "$3" | tr '\n\r\t' '   '
    echo
}
# Runs a command for at most $1 seconds, if the machine has `timeout`.
within() { if command -v timeout >/dev/null 2>&1; then timeout "$@"; else shift; "$@"; fi; }
encoded() { base64 | tr -d '\n'; }

facts() {
    fact release '' "$(encoded </etc/os-release 2>/dev/null)"
    fact arch '' "$(uname -m)"
    fact hostname '' "$(hostname 2>/dev/null || cat /proc/sys/kernel/hostname)"
    fact fqdn '' "$(within 5 hostname -f 2>/dev/null)"
    fact init '' "$(if [ -d /run/systemd/system ]; then echo systemd; else cat /proc/1/comm 2>/dev/null; fi)"
    fact now '' "$(date +%s.%N)"
    fact free '' "$(df -Pk /var 2>/dev/null | awk 'NR == 2 { printf "%.0f", $4 * 1024 }')"
    fact synchronised '' "$(synchronised)"
    fact lock '' "$(holder)"
    fact guests '' "$(guests)"
}

# Prints the versions of the programs that differ most between systems. An old sshd prints its version for a wrong option.
tools() {
    if command -v sudo >/dev/null 2>&1; then fact tool sudo "$(sudo --version 2>&1 | sed -n 1p)"; fi
    fact tool sh "$(readlink -f /bin/sh 2>/dev/null)"
    if command -v apt-get >/dev/null 2>&1; then fact tool apt "$(apt-get --version 2>/dev/null | sed -n 1p)"; fi
    fact tool systemd "$(systemctl --version 2>/dev/null | sed -n 1p)"
    fact tool sshd "$(sshd -V 2>&1 | sed -n 's/^\(OpenSSH_[^ ,]*\).*/\1/p')"
    fact tool python "$(python=$(nova_python) && "$python" --version 2>&1)"
}

synchronised() {
    if command -v chronyc >/dev/null 2>&1 && within 5 chronyc -n tracking 2>/dev/null | grep -q 'Leap status.*Normal'; then
        echo yes
    else
        within 5 timedatectl show -p NTPSynchronized --value 2>/dev/null
    fi
}

# Prints the process that holds a lock of the package tool: dnf and yum write its pid into a file, and the lock of dpkg, apt
# and rpm is in /proc/locks (fuser may be missing).
holder() {
    for file in /var/cache/dnf/metadata_lock.pid /var/cache/dnf/download_lock.pid /var/lib/dnf/rpmdb_lock.pid /var/run/yum.pid; do
        pid=$(cat "$file" 2>/dev/null) && [ -n "$pid" ] && [ -d "/proc/$pid" ] &&
            echo "$(cat "/proc/$pid/comm" 2>/dev/null) ($pid)" && return
    done
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

# The programs of dpkg may be installed on a machine of rpm, and the other way round; dpkg's database shows which one is used.
packages() {
    if [ -s /var/lib/dpkg/status ] && command -v dpkg-query >/dev/null 2>&1; then
        fact broken '' "$(dpkg-query -W -f '${db:Status-Abbrev}|${Package}\n' | grep -E '^(.[HUFWt]|..R)' | cut -d'|' -f2 | tr '\n' ' ')"
        [ $# -gt 0 ] || return
        for name; do fact package "$name" "$(dpkg-query -W -f '${db:Status-Abbrev}|${Version}' -- "$name" 2>/dev/null)"; done
        fact policy '' "$(apt-cache policy -- "$@" 2>/dev/null | encoded)"
    elif command -v rpm >/dev/null 2>&1; then
        [ $# -gt 0 ] || return
        for name; do fact package "$name" "$(rpm -q --qf 'ii |%{EVR}' -- "$name" 2>/dev/null | grep '^ii')"; done
        answer=$(offered "$@" 2>&1)
        fact repoquery '' "$(printf '%s\n' "$answer" | grep '|' | encoded)"
        fact sources '' "$(printf '%s\n' "$answer" | grep '^Error: ' | tail -n 1)"
    fi
}

# Prints the packages that the repositories offer, as name|version. yum (CentOS 7 has no dnf) splits long rows.
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

# The start time of a unit is a wall-clock time, so that it can be compared with the mtime of a file.
unit() {
    entered=$(within 10 systemctl show -p ActiveEnterTimestamp -- "$1" 2>/dev/null | sed 's/^[^=]*=[A-Za-z]* *//')
    since=${entered:+$(date -d "$entered" +%s 2>/dev/null)}
    fact unit "$1" "$(within 10 systemctl show -p LoadState -p ActiveState -p UnitFileState -- "$1" 2>/dev/null | tr '\n' ' ')Since=$since"
}

file() {
    if [ ! -e "$1" ]; then
        # A file is certainly absent only if its directory can be searched.
        if ls -d "$1" 2>&1 | grep -qi 'permission denied'; then fact file "$1" denied; else fact file "$1" absent; fi
    elif [ -f "$1" ] && content=$(base64 <"$1") && head=$(stat -L -c '%a:%Y:%u:%g:%U:%G' -- "$1"); then
        content=$(printf '%s' "$content" | tr -d '\n')
        fact file "$1" "${#content} $content $head"
    else
        fact file "$1" denied
    fi
}

# Reads every file that matches a shell pattern.
pattern() {
    # shellcheck disable=SC2086 # a pattern contains no blanks
    set -- $1
    for path; do [ ! -f "$path" ] || file "$path"; done
}

# Connects to host:port. Value: ok, name, refused, timeout or tls; the address; for port 443 and `tls` the certificate's
# fingerprint and OpenSSL's verify code with the system's authorities (0: trusted, empty: unknown).
tls() { connection "$1" tls; }
connection() {
    host=${1%:*} port=${1##*:}
    host=${host#[} host=${host%]}
    address=$(within 5 getent ahosts "$host" | awk '{ print $1; exit }')
    [ -n "$address" ] || { fact connection "$1" "name"; return; }
    problem=$(connection_problem "$address" "$port")
    certificate=
    if [ -z "$problem" ] && { [ "$port" = 443 ] || [ "$2" = tls ]; }; then
        certificate=$(fingerprint "$address" "$host" "$port")
        case $certificate in none) certificate= ;; '') problem=tls ;; esac
    fi
    fact connection "$1" "${problem:-ok} $address $certificate"
}

connection_problem() {
    if command -v bash >/dev/null 2>&1; then
        error=$(timeout 5 bash --norc -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>&1) && return
    else
        error=$(timeout 5 python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)' "$1" "$2" 2>&1) && return
    fi
    case $error in *[Rr]efused*) echo refused ;; *) echo timeout ;; esac
}

fingerprint() {
    address=$1
    case $1 in *:*) address="[$1]" ;; esac
    if command -v openssl >/dev/null 2>&1; then
        output=$(timeout 8 openssl s_client -connect "$address:$3" -servername "$2" </dev/null 2>/dev/null)
        digest=$(printf '%s\n' "$output" | openssl x509 -noout -fingerprint -sha256 2>/dev/null)
        verdict=$(printf '%s\n' "$output" | sed -n 's/^ *Verify return code: \([0-9]*\).*/\1/p' | head -n 1)
        [ -z "$digest" ] || echo "${digest#*=} $verdict"
    elif command -v python3 >/dev/null 2>&1; then
        timeout 8 python3 -c '
import hashlib, socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
with socket.create_connection((sys.argv[1], int(sys.argv[3])), 5) as raw, context.wrap_socket(raw, server_hostname=sys.argv[2]) as tls:
    digest = hashlib.sha256(tls.getpeercert(True)).hexdigest().upper()
print(":".join(digest[i : i + 2] for i in range(0, 64, 2)))' "$1" "$2" "$3" 2>/dev/null
    else
        echo none
    fi
}

try() { if (eval "$1") </dev/null >/dev/null 2>&1; then fact try "$1" yes; else fact try "$1" no; fi; }

# Prints the Python that nova-compute runs with, if it is installed; up to Train this may be Python 2.
nova_python() {
    own=$(sed -n '1s/^#! *\([^ ]*env  *\)\{0,1\}\([^ ]*python[^ ]*\).*/\2/p' "$(command -v nova-compute)" 2>/dev/null)
    for python in ${own:-python3 python2 python}; do command -v "$python" 2>/dev/null && return; done
    return 1
}

module() {
    if python=$(nova_python) &&
        within 30 "$python" -c 'import importlib, sys; importlib.import_module(sys.argv[1])' "$1" >/dev/null 2>&1; then
        fact module "$1" yes
    else
        fact module "$1" no
    fi
}

# Finds a source file without importing its package, and reads it.
source_file() {
    path=$(python=$(nova_python) && within 30 "$python" -I -c '
import importlib.util, os, sys
package, _, name = sys.argv[1].partition("/")
spec = importlib.util.find_spec(package)
paths = [os.path.join(folder, name) for folder in spec.submodule_search_locations] if spec else []
print(next(filter(os.path.isfile, paths), ""))' "$1" 2>/dev/null)
    fact source "$1" "$path"
    [ -z "$path" ] || file "$path"
}

job() {
    dir=$jobs/$1
    [ -d "$dir" ] || { fact job "$1" absent; return; }
    state=ended
    pid=$(cat "$dir/pid" 2>/dev/null)
    [ -n "$pid" ] && grep -q mhv-tui "/proc/$pid/cmdline" 2>/dev/null && state=running
    code=$(cat "$dir/rc" 2>/dev/null || cat "$dir/rc.ack" 2>/dev/null)
    fact job "$1" "$state ${code:--} $(tail -n 5 "$dir/log" 2>/dev/null | encoded)"
}

echo "@@survey"
# Without mktemp, slow facts are read one after the other, so that the missing command can be reported.
work=$(mktemp -d 2>/dev/null)
trap '[ -z "$work" ] || rm -rf "$work"' EXIT
names= number=0 tries=
for request; do
    kind=${request%%=*} name=${request#*=}
    number=$((number + 1))
    # Slow facts run in the background; each writes to its own file.
    case $kind in
    package) names="$names $name" ;;
    connection | tls | module)
        if [ -n "$work" ]; then
            "$kind" "$name" >"$work/$number" 2>/dev/null &
        else
            "$kind" "$name" 2>/dev/null
        fi
        ;;
    # Not into a file, because a full disk would cut it off.
    unit | file | pattern | job) "$kind" "$name" 2>/dev/null ;;
    try) try "$name" && tries=yes ;;
    source) source_file "$name" 2>/dev/null ;;
    esac
done
facts
[ -z "$tries" ] || tools
# shellcheck disable=SC2086 # package names contain no blanks
packages $names
wait
[ -z "$work" ] || cat "$work"/* 2>/dev/null
echo "@@end"

# Writes standard input to a file atomically. Arguments: path, mode, owner:group, size in bytes.
path=$1
umask 077
[ ! -L "$path" ] || path=$(readlink -f -- "$path") || exit 1
folder=$(dirname -- "$path")
(umask 022 && mkdir -p -- "$folder") || exit 1
new=$(mktemp "$folder/.mhv-tui.XXXXXX") || exit 1
# dash skips the EXIT trap if a signal ends it. After a dropped connection, a message below causes SIGPIPE.
trap 'exit 1' HUP INT TERM PIPE
trap 'rm -f -- "$new"' EXIT
cat >"$new" || exit 1
# A dropped connection also ends the input, so the size is checked.
[ "$(wc -c <"$new")" -eq "$4" ] || { echo "the file arrived incomplete" >&2; exit 1; }
chown -- "$3" "$new" && chmod -- "$2" "$new" || exit 1
sync -- "$new" 2>/dev/null
mv -f -- "$new" "$path" || exit 1
! command -v restorecon >/dev/null 2>&1 || restorecon -- "$path" 2>/dev/null || true

# Copies a file with mode, owner and times, whole or not at all. Arguments: source, target.
umask 077
folder=$(dirname -- "$2")
(umask 022 && mkdir -p -- "$folder") || exit 1
new=$(mktemp "$folder/.mhv-tui.XXXXXX") || exit 1
trap 'rm -f -- "$new"' EXIT
cp -p -- "$1" "$new" && mv -f -- "$new" "$2"

# Copies a file with mode, owner and times, whole or not at all. Arguments: source, target.
# Directories that it makes are root's alone: a copy keeps its mode, and may hold secrets that everybody could read.
umask 077
folder=$(dirname -- "$2")
mkdir -p -- "$folder" || exit 1
new=$(mktemp "$folder/.mhv-tui.XXXXXX") || exit 1
trap 'rm -f -- "$new"' EXIT
cp -p -- "$1" "$new" && mv -f -- "$new" "$2"

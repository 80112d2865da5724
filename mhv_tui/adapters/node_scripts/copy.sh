# Copies a file atomically, with mode, owner and times. Arguments: source, target.
# Only root can enter the directories that it creates, because the copy keeps a mode that may let everyone read it.
umask 077
folder=$(dirname -- "$2")
mkdir -p -- "$folder" || exit 1
new=$(mktemp "$folder/.mhv-tui.XXXXXX") || exit 1
trap 'rm -f -- "$new"' EXIT
cp -p -- "$1" "$new" && mv -f -- "$new" "$2"

# Prints mode, time, ids and names of owner and group of a file, then its bytes. Arguments: its path.
# Exit code 44: the file does not exist.
[ -e "$1" ] || exit 44
[ -f "$1" ] || { echo "it is not a regular file" >&2; exit 1; }
stat -L -c '%a:%Y:%u:%g:%U:%G' -- "$1" && exec cat -- "$1"

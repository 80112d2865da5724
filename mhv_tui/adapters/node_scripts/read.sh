# Prints mode, owner and group of a file, then its bytes. Arguments: its path. Exit code 44: the file does not exist.
[ -e "$1" ] || exit 44
stat -L -c '%a %U %G' -- "$1" && exec cat -- "$1"

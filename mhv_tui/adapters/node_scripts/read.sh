# Prints mode, owner and group of a file, then its bytes. Arguments: its path. 44: there is none.
[ -e "$1" ] || exit 44
stat -L -c '%a %U %G' -- "$1" && exec cat -- "$1"

# Runs a script as root. Arguments: "must", or "may" to run the script without root if root is not possible; the
# script; the arguments of the script.
# The first line of standard input is the sudo password, or empty; the rest is the input of the script.
# Prints on stderr how it became root: "@@root root|sudo|password|no REASON".
IFS= read -r secret
need=$1 script=$2
shift 2
if [ "$(id -u)" = 0 ]; then
    echo "@@root root" >&2
    exec sh -c "$script" mhv-tui "$@"
fi
if ! command -v sudo >/dev/null 2>&1; then
    why="sudo is not installed"
elif sudo -k -n true 2>/dev/null; then
    echo "@@root sudo" >&2
    exec sudo -k -n sh -c "$script" mhv-tui "$@"
elif [ -z "$secret" ]; then
    why="sudo asks for a password"
elif why=$(printf '%s\n' "$secret" | LC_ALL=C sudo -k -S -p '' true 2>&1); then
    # sudo has just accepted the password. It reads the first line, the script the rest.
    echo "@@root password" >&2
    { printf '%s\n' "$secret"; exec cat; } | sudo -k -S -p '' sh -c "$script" mhv-tui "$@"
    exit
fi
echo "@@root no $(printf '%s' "$why" | tr '\n' ' ')" >&2
[ "$need" = may ] || exit 77
exec sh -c "$script" mhv-tui "$@"

# Becomes root and runs a script there. Arguments: "must" or "may" (run it without root rather than not at all),
# the script, its own arguments.
# The first line of the input is the sudo password, or empty; the rest is the script's input.
# It says on stderr which way was taken: "@@root root|sudo|password|no REASON".
IFS= read -r secret
need=$1 script=$2
shift 2
if [ "$(id -u)" = 0 ]; then
    echo "@@root root" >&2
    exec sh -c "$script" mhv-tui "$@"
fi
if ! command -v sudo >/dev/null 2>&1; then
    why="there is no sudo"
elif sudo -k -n true 2>/dev/null; then
    echo "@@root sudo" >&2
    exec sudo -k -n sh -c "$script" mhv-tui "$@"
elif [ -z "$secret" ]; then
    why="sudo asks for a password"
elif why=$(printf '%s\n' "$secret" | LC_ALL=C sudo -k -S -p '' true 2>&1); then
    # The password was right a moment ago; sudo takes the first line, the script the rest.
    echo "@@root password" >&2
    { printf '%s\n' "$secret"; exec cat; } | sudo -k -S -p '' sh -c "$script" mhv-tui "$@"
    exit
fi
echo "@@root no $(printf '%s' "$why" | tr '\n' ' ')" >&2
[ "$need" = may ] || exit 77
exec sh -c "$script" mhv-tui "$@"

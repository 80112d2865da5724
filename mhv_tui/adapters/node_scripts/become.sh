# Runs a script as root. Arguments: "must", or "may" to run the script without root if root is not possible; the
# script; the arguments of the script.
# The first line of standard input is the sudo password, or empty; the rest is the input of the script.
# Prints on stderr how it became root: "@@root root|sudo|password|no REASON".
IFS= read -r secret
need=$1 script=$2
shift 2
# sudo-rs before 0.2.13 reads up to 8 KiB with the password, so that many blanks follow it, up to the line "@@". Before 0.2.5
# it does not know -p.
padding= skip=
case $([ -z "$secret" ] || sudo --version 2>&1) in sudo-rs*)
    padding=$(printf '%8192s\n@@' '')
    skip='while IFS= read -r line && [ "$line" != @@ ]; do :; done; '
    ;;
esac
with_password() { if [ -n "$padding" ]; then sudo -k -S "$@"; else sudo -k -S -p '' "$@"; fi; }
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
elif why=$(export LC_ALL=C; printf '%s\n' "$secret" | with_password true 2>&1); then
    # sudo has just accepted the password. It reads the first line, the script the rest.
    echo "@@root password" >&2
    { printf '%s\n' "$secret"; [ -z "$padding" ] || printf '%s\n' "$padding"; exec cat; } |
        with_password sh -c "${skip}exec sh -c \"\$@\"" mhv-tui "$script" mhv-tui "$@"
    exit
fi
echo "@@root no $(printf '%s' "$why" | tr '\n' ' ')" >&2
[ "$need" = may ] || exit 77
exec sh -c "$script" mhv-tui "$@"

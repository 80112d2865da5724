# What the scripts of the lab's cloud share; sourced inside a node, never run.

lab=/opt/mhv-lab/cloud

# options FILE NAME...: sets the options of options/NAME.ini in a packaged configuration file.
options() {
    file=$1; shift
    for name in "$@"; do
        python3 $lab/set_options.py "$file" < "$lab/options/$name.ini"
    done
}

# answering PORT SECONDS: waits until something speaks HTTP there; fails after that time.
answering() {
    for _ in $(seq $(($2 * 4))); do
        curl -s -o /dev/null --max-time 5 "http://localhost:$1/" && return 0
        sleep 0.25
    done
    echo "nothing answers on port $1 after $2 s" >&2
    return 1
}

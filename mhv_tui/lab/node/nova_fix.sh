#!/bin/sh
# Backports a fix of nova 30 to nova 25 to 29: Glance's image stays open until nova has read it (Launchpad bug 2053027).
# Without it, no server boots with the VMware driver; Debian 12's nova (26.2.2) lacks it. apt runs this script on the lab's
# nodes after each change of packages. It changes one line, or nothing if that line is not there.
file=/usr/lib/python3/dist-packages/nova/image/glance.py
if [ -e "$file" ]; then
    sed -i 's/^\( *\)if isinstance(image_chunks, glance_utils\.IterableWithLength):$/\1if data is not None and isinstance(image_chunks, glance_utils.IterableWithLength):/' "$file"
fi

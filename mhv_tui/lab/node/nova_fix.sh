#!/bin/sh
# Gives nova 25 to 29 what nova 30 has: the image that Glance sends stays open until it was read (launchpad bug 2053027).
# Without it no server boots through the VMware driver, and Debian 12's nova (26.2.2) lacks it. Run by apt on the lab's nodes
# after each change of packages; changes one line and does nothing where that line is not.
file=/usr/lib/python3/dist-packages/nova/image/glance.py
if [ -e "$file" ]; then
    sed -i 's/^\( *\)if isinstance(image_chunks, glance_utils\.IterableWithLength):$/\1if data is not None and isinstance(image_chunks, glance_utils.IterableWithLength):/' "$file"
fi

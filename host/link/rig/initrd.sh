#!/bin/sh
# Packs the guest's initial file system: busybox, the USB modules, a program with its libraries.
# Usage: initrd.sh OUTPUT KERNEL-DIRECTORY PROGRAM
set -eu

output=${1:?} kernel=${2:?} program=${3:?}
here=$(dirname "$0")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
# It becomes the guest's root directory, which everybody may enter.
chmod 755 "$root"

mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/tmp" "$root/modules"
cp /bin/busybox "$root/bin/busybox"
for applet in sh mount insmod stty poweroff cat grep wc sleep; do ln -s busybox "$root/bin/$applet"; done
cp "$here/init" "$root/init"
chmod +x "$root/init"
cp "$program" "$root/bin/"
cp "$kernel"/modules/*.ko "$root/modules/"
ldd "$program" | grep -o '/[^ )]*' | while read -r library; do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
done
(cd "$root" && find . | cpio -o -H newc --quiet) > "$output"

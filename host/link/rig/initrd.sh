#!/bin/sh
# Packs the guest's initial file system: busybox, the USB modules, programs with their libraries.
# Usage: initrd.sh OUTPUT KERNEL-DIRECTORY PROGRAM...
set -eu

output=${1:?} kernel=${2:?}
shift 2
here=$(dirname "$0")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
# It becomes the guest's root directory, which everybody may enter.
chmod 755 "$root"

mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/tmp" "$root/modules" "$root/etc"
cp /bin/busybox "$root/bin/busybox"
for applet in sh mount insmod modprobe stty poweroff cat cp grep wc sleep mkdir basename dirname tail uname ls; do ln -s busybox "$root/bin/$applet"; done
cp "$here/init" "$root/init"
chmod +x "$root/init"
cp "$kernel"/modules/*.ko "$root/modules/"
# Programs look up the user whom they run as, or want to become.
grep -E '^(root|tcpdump|nobody):' /etc/passwd >"$root/etc/passwd"
grep -E '^(root|tcpdump|nogroup):' /etc/group >"$root/etc/group"
for program in "$@"; do
    cp "$program" "$root/bin/"
    # A script has no libraries.
    { ldd "$program" 2>/dev/null || true; } | { grep -o '/[^ )]*' || true; } | while read -r library; do
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
    done
done
(cd "$root" && find . | cpio -o -H newc --quiet) > "$output"

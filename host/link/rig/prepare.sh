#!/bin/sh
# Puts a Debian kernel and its USB modules into DIRECTORY (vmlinuz, modules/*.ko) for the QEMU rig.
# Usage: prepare.sh DIRECTORY. Nothing is installed on this machine; the package is about 70 MB.
set -eu

target=${1:?usage: prepare.sh DIRECTORY}
modules="usb-common usbcore xhci-hcd xhci-pci usbserial ftdi_sio usbmon"
# What an earlier version of this script prepared may lack one of them.
[ "$(cat "$target/ready" 2>/dev/null)" = "$modules" ] && exit 0
mkdir -p "$target"
work=$(mktemp -d "$target/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

kernel() { apt-cache depends linux-image-amd64 2>/dev/null | awk '/Depends: linux-image-[0-9]/ { print $2; exit }'; }
package=$(kernel)
if [ -z "$package" ]; then
    apt-get update -qq || true
    package=$(kernel)
fi
[ -n "$package" ] || { echo "no package linux-image-amd64: run 'apt-get update' as root (Debian, amd64)" >&2; exit 1; }

(cd "$work" && apt-get download -q "$package") || { echo "cannot download the package $package" >&2; exit 1; }
dpkg-deb --fsys-tarfile "$work/$package"_*.deb |
    tar -x -C "$work" --wildcards './boot/vmlinuz-*' './lib/modules/*/kernel/drivers/usb/*'

mkdir -p "$target/modules"
cp "$work"/boot/vmlinuz-* "$target/vmlinuz"
for module in $modules; do
    file=$(find "$work/lib/modules" -name "$module.ko*" | head -n 1)
    [ -n "$file" ] || { echo "$package has no module $module" >&2; exit 1; }
    cp "$file" "$target/modules/"
done
# Newer kernels have compressed modules.
find "$target/modules" -name '*.xz' -exec xz -d -f {} +
echo "$modules" >"$target/ready"

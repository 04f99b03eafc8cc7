#!/usr/bin/env bash
# Records a session of the board SERIAL into FOLDER: see README.md. As root.
set -euo pipefail
serial=${1:?usage: record.sh SERIAL FOLDER}
folder=${2:?usage: record.sh SERIAL FOLDER}
program=${ICHISCOPE:-ichiscope}

for needed in umockdev-record tcpdump "$program"; do
    command -v "$needed" >/dev/null || { echo "record.sh: $needed is missing"; exit 1; }
done
found=$(grep -lx -- "$serial" /sys/bus/usb/devices/*/serial || true)
[ -n "$found" ] || { echo "record.sh: no USB device has the serial number $serial"; exit 1; }
device=$(dirname "$found")
bus=$(cat "$device/busnum")
node=$(printf '/dev/bus/usb/%03d/%03d' "$bus" "$(cat "$device/devnum")")

mkdir "$folder"
umockdev-record "$node" >"$folder/device"
modprobe usbmon
tcpdump -i "usbmon$bus" -w "$folder/session.pcap" -U -s 0 &
capture=$!
trap 'kill "$capture" 2>/dev/null || true' EXIT
sleep 1
# Exit code 3 only says that something is in the way of measuring; what was sent and received is recorded all the same.
"$program" doctor --device "$serial" || [ $? -eq 3 ]
sleep 1
kill "$capture"
wait "$capture" || true
trap - EXIT
printf '# %s\n\nBoard:\nChip:\nBitstream:\nKernel: %s\nMade by:\n' "$(basename "$folder")" "$(uname -r)" >"$folder/about.md"
ls -l "$folder"
echo "now fill in $folder/about.md and run: cargo test -p ichiscope-link --test recordings"

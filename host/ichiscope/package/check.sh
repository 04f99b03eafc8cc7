#!/bin/sh
# Run by `cargo task deb` with the folder of a clean Debian root and the package: it must install there, the program must
# work, and what it brings must be where the system looks for it.
set -eu
root=$1
run() { chroot "$root" "$@"; }

cp "$2" "$root/tmp/ichiscope.deb"
run apt-get install --yes --quiet --no-install-recommends /tmp/ichiscope.deb
run ichiscope --version
run ichiscope demo --no-app --out /tmp/demo > "$root/tmp/demo.txt"
grep -q SIMULATED "$root/tmp/demo.txt"
# The demonstration's second outage fails: exit code 4.
code=0
run ichiscope analyse /tmp/demo/demo.mcap > /dev/null || code=$?
[ "$code" = 4 ]
run ichiscope verify /tmp/demo/evidence

for file in lib/udev/rules.d/60-ichiscope.rules share/man/man1/ichiscope.1.gz share/man/man1/ichiscope-record.1.gz \
    share/bash-completion/completions/ichiscope share/zsh/vendor-completions/_ichiscope \
    share/fish/vendor_completions.d/ichiscope.fish share/applications/ichiscope.desktop \
    share/icons/hicolor/scalable/apps/ichiscope.svg share/doc/ichiscope/docs/wire.md \
    share/doc/ichiscope/ARCHITECTURE.md share/doc/ichiscope/captures/expected.csv; do
    [ -s "$root/usr/$file" ] || { echo "missing: /usr/$file" >&2; exit 1; }
done
gzip -dc "$root/usr/share/man/man1/ichiscope.1.gz" | grep -q 'firmware upgrade'
run bash -c 'source /usr/share/bash-completion/completions/ichiscope && complete -p ichiscope' > /dev/null

# What the documents speak of is where they say.
run sh -c 'cd /usr/share/doc/ichiscope && ichiscope analyse captures/v1-console.mcap --profile captures/scripted-meter.toml' | grep -q PASS

run dpkg --remove ichiscope
! run sh -c 'command -v ichiscope'
echo "the package installs, runs and goes"

#!/usr/bin/env bash
# tools/apt-install with an apt-get that does as it is told, and a sleep that takes no time.
set -uo pipefail

install=$PWD/tools/apt-install
work=$TEST_TMPDIR
mkdir "$work/bin"
cat >"$work/bin/apt-get" <<'SCRIPT'
#!/usr/bin/env bash
echo "$*" >>"$CALLS"
left=$(cat "$LOCKED")
if [ "$left" -gt 0 ]; then
  echo $((left - 1)) >"$LOCKED"
  echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7 (apt-get)'
  exit 100
fi
if [ -n "${FAULT:-}" ]; then
  echo "$FAULT"
  exit 100
fi
SCRIPT
printf '#!/bin/sh\necho sleep "$@" >>"$CALLS"\n' >"$work/bin/sleep"
printf '#!/bin/sh\necho 0\n' >"$work/bin/id"
chmod +x "$work"/bin/*
export PATH="$work/bin:$PATH" CALLS=$work/calls LOCKED=$work/locked

failures=0
expect() {  # WHAT COMMAND...
  if ! "${@:2}"; then
    echo "FAILED: $1"
    cat "$work/output" "$CALLS"
    failures=$((failures + 1))
  fi
}

run() {  # HOW-OFTEN-LOCKED
  : >"$CALLS"
  echo "$1" >"$LOCKED"
  "$install" some-package >"$work/output" 2>&1
}

expect 'a free lock: it installs' run 0
expect 'a free lock: it does not wait' eval '! grep -q sleep "$CALLS"'
expect 'it waits for the lock of dpkg' grep -q 'DPkg::Lock::Timeout=600 install .*some-package' "$CALLS"

expect 'a lock that is held for a while: it installs' run 3
expect 'a lock that is held for a while: it waits' eval '[ "$(grep -c sleep "$CALLS")" -eq 3 ]'
expect 'it says what it installs' grep -q 'installing: some-package' "$work/output"

expect 'a lock that is held for ever: it fails' eval '! run 1000'
expect 'a lock that is held for ever: it says why' grep -q 'Could not get lock' "$work/output"

export FAULT='E: Unable to locate package some-package'
expect 'another fault: it fails' eval '! run 0'
expect 'another fault: it does not wait' eval '! grep -q sleep "$CALLS"'
expect 'another fault: it says why' grep -q 'Unable to locate' "$work/output"

[ "$failures" -eq 0 ]

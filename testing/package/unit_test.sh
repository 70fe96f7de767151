#!/bin/sh
# Run by systemd in a booted Debian where the package is installed, and `trial` is configured for two stores that answer
# (tools/package-test): the unit does as docs/deployment.md tells. Writes to its standard output a line for each finding, `passed WHAT` or
# `FAILED WHAT: STATE`.

told() {  # PROPERTY INSTANCE
  systemctl show --property="$1" --value "interconnect@$2"
}

# Looks for up to 30 s until the command succeeds.
expect() {  # WHAT INSTANCE COMMAND...
  what=$1 instance=$2 looks=0
  shift 2
  until "$@"; do
    looks=$((looks + 1))
    if [ "$looks" -eq 300 ]; then
      echo "FAILED $what: $(systemctl show --property=SubState,Result,ExecMainStatus,NRestarts "interconnect@$instance" | tr '\n' ' ')"
      journalctl --no-pager --lines=10 --unit "interconnect@$instance" >&2
      return
    fi
    sleep 0.1
  done
  echo "passed $what"
}

is() { [ "$(told "$2" "$1")" = "$3" ]; }  # INSTANCE PROPERTY VALUE
restarted() { [ "$(told NRestarts "$1")" -ge "$2" ]; }  # INSTANCE TIMES
stays_ended() { is "$1" SubState failed && is "$1" ExecMainStatus "$2" && is "$1" NRestarts 0; }  # INSTANCE CODE
is_confined() {
  status=/proc/$(told MainPID trial)/status
  grep -qs '^CapBnd:.*0000000000000000$' "$status" && grep -q '^NoNewPrivs:.*1$' "$status" && grep -q '^Seccomp:.*2$' "$status" &&
    grep -q "^Uid:.*$(id -u interconnect)$" "$status"
}
has_copied() { [ -e /copied ]; }  # which those see to who see the stores
is_another() { pid=$(told MainPID trial) && [ "$pid" -ne 0 ] && [ "$pid" -ne "$1" ]; }  # PID
is_gone() { ! systemctl --quiet is-active interconnect@trial; }

# A copy with another configuration.
variant() {  # NAME SED-SCRIPT-OF-THE-ENVIRONMENT LINE-OF-THE-CONFIGURATION
  sed "$2" /etc/interconnect/trial.env >"/etc/interconnect/$1.env"
  { cat /etc/interconnect/trial.yaml && echo "$3"; } >"/etc/interconnect/$1.yaml"
  systemctl start "interconnect@$1"
}

systemctl enable --now interconnect@trial
expect 'the unit copies' trial has_copied
expect 'it has a user, no capabilities and few system calls' trial is_confined
systemctl kill --kill-whom=main --signal=KILL interconnect@trial
expect 'killed, it starts again' trial restarted trial 1
expect 'and runs' trial is trial SubState running

variant away 's/_PORT_SRC=.*/_PORT_SRC=1/' ''
expect 'a store that does not answer: it starts again and again' away restarted away 2
systemctl stop interconnect@away
variant wrong '' 'heroes: 1'
expect 'a wrong configuration: it stays ended' wrong stays_ended wrong 2
variant denied 's/_PASSWORD_SRC=.*/_PASSWORD_SRC=wrong/' ''
expect 'a wrong password: it stays ended' denied stays_ended denied 3

before=$(told MainPID trial)
dpkg --install /var/cache/package.deb >&2
expect 'an upgrade restarts it' trial is_another "$before"
expect 'to go on' trial is trial SubState running
dpkg --remove eventstore-interconnect >&2
expect 'removing the package stops it' trial is_gone
systemctl poweroff

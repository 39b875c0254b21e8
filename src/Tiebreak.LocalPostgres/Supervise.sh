# Runs a server for as long as its owner lives.
# Standard input is a pipe whose other end the owner alone holds: it ends when the owner closes it or dies, however it dies.
log=$1
shift
exec 3<&0 >>"$log" 2>&1 </dev/null
# Only the owner decides when to stop.
trap '' HUP INT TERM

"$@" 3<&- &
server=$!

(
  while read -r _ <&3; do :; done
  # Fast shutdown: clients are cut off, a checkpoint is written.
  kill -INT "$server" 2>/dev/null || exit
  waited=0
  while [ "$waited" -lt 300 ]; do
    sleep 0.2
    kill -0 "$server" 2>/dev/null || exit
    waited=$((waited + 1))
  done
  # After a minute: immediate shutdown. Nothing committed is lost, the next start recovers.
  kill -QUIT "$server"
) &
watcher=$!

wait "$server"
status=$?
kill -KILL "$watcher" 2>/dev/null
exit "$status"

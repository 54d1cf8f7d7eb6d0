/**
 * A shell script (POSIX sh) that runs a program for as long as its own standard input stays open, however the other end
 * goes: a parent that is killed with SIGKILL closes it too. `$1` is the file that the program's pid is written to, the rest is
 * the program with its arguments. At the end of the input the program gets SIGTERM, and SIGKILL five seconds later. The exit
 * status is the program's.
 */
export const TETHER = `
pid_file=$1
shift
exec 3<&0
"$@" 3<&- </dev/null &
program=$!
echo "$program" >"$pid_file"
trap 'kill -TERM "$program" 2>/dev/null' TERM INT HUP
(
	trap '' TERM INT HUP
	while read -r _; do :; done
	kill -TERM "$program" 2>/dev/null
	sleep 5
	kill -KILL "$program" 2>/dev/null
) <&3 >/dev/null 2>&1 &
watch=$!
exec 3<&-
wait "$program"
status=$?
while kill -0 "$program" 2>/dev/null; do
	wait "$program"
	status=$?
done
kill -KILL "$watch" 2>/dev/null
exit "$status"
`;

import { existsSync } from "node:fs";
import { join } from "node:path";

/** The API server's program, and its container. */
export const API_SERVER = "kube-apiserver";
const PORT = 6443;

/** The real API server that `KUBE_BIN` has; undefined where it names none. */
export function realApiServer(): string | undefined {
	const folder = process.env.KUBE_BIN;
	if (!folder) return undefined;
	const program = join(folder, API_SERVER);
	if (!existsSync(program)) throw new Error(`KUBE_BIN has no ${API_SERVER}`);
	return program;
}

/**
 * A script that runs in place of the API server's container. It listens at the machine's address alone and asks etcd there, since the machine's
 * loopback address belongs to what answers its probes. `inside`: brings the machine's files to their places, and runs the rest.
 */
export function apiServerScript(program: string, inside: string): string {
	const door = join(import.meta.dirname, "probe-door.ts");
	return `#!/bin/sh
for word in "$@"; do
  case $word in --advertise-address=*) address=\${word#*=} ;; esac
done
for word in "$@"; do
  shift
  case $word in
    --etcd-servers=*) set -- "$@" "--etcd-servers=https://$address:2379" ;;
    *) set -- "$@" "$word" ;;
  esac
done
${process.execPath} ${door} "$ROLLCALL_REHEARSAL_LOOPBACK" "$address" ${PORT} &
${inside} ${program} "$@" "--bind-address=$address" >> "$ROLLCALL_REHEARSAL_ROOT/var/log/kube-apiserver.log" 2>&1
`;
}

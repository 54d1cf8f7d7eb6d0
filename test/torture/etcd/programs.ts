import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { oldRestore } from "@rollcall/test-support/old-restore";
import { debianFolders, debianPackages, type Part } from "@rollcall/test-support/part";
import { API_SERVER, apiServerScript, realApiServer } from "./api-server.ts";
import { BROKEN } from "./declared.ts";

const PACKAGES = ["etcd-server", "etcd-client"];

/** Where etcd is that is not Debian's: what `ETCD_BIN` names, else `KUBE_BIN`. */
const ownFolder = (): string | undefined => process.env.ETCD_BIN || process.env.KUBE_BIN || undefined;

/** etcd of Debian, or what `ETCD_BIN`, else `KUBE_BIN` has: etcd, and etcdutl where it is newer than 3.4, else etcdctl. */
export async function etcdPart(): Promise<Part> {
	return ownFolder() ? { missing: undefined } : debianPackages(PACKAGES);
}

/** What etcd 3.4 does not know of the arguments that machines get for 3.6. */
const NEWER = "--feature-gates=*|--tls-min-version=*|--watch-progress-notify-interval=*";

/** Brings a machine's files to the places that etcd's arguments name, in a mount namespace of its own; then runs the rest. */
const PLACES =
	'mount -t tmpfs etc /etc && mkdir /etc/kubernetes && mount --bind "$1/etc/kubernetes" /etc/kubernetes && ' +
	'mount -t tmpfs lib /var/lib && mkdir /var/lib/etcd && mount --bind "$1/var/lib/etcd" /var/lib/etcd && ' +
	'mkdir -p "$1/var/log/kubernetes/audit" && mount -t tmpfs log /var/log && mkdir -p /var/log/kubernetes/audit && ' +
	'mount --bind "$1/var/log/kubernetes/audit" /var/log/kubernetes/audit && ' +
	'mkdir -p "$1/run/rollcall/role" && mount -t tmpfs run /run && mkdir -p /run/rollcall/role && ' +
	'mount --bind "$1/run/rollcall/role" /run/rollcall/role && shift && exec "$@"';

/** Writes the programs that run in place of containers into a folder: of etcd, and of the API server where it is real. Returns them by the container's name. */
export async function memberPrograms(folder: string): Promise<Readonly<Record<string, string>>> {
	const own = ownFolder();
	const [server = "", client = ""] = own ? [] : await debianFolders(PACKAGES);
	const etcd = own ? join(own, "etcd") : join(server, "usr/bin/etcd");
	const script = (name: string, text: string): string => {
		const file = join(folder, name);
		writeFileSync(file, text, { mode: 0o755 });
		return file;
	};
	if (!own) script("etcdutl", oldRestore(join(client, "usr/bin/etcdctl")));
	const inside = `exec unshare --mount sh -c '${PLACES}' sh "$ROLLCALL_REHEARSAL_ROOT"`;
	const api = realApiServer();
	return {
		...(api && { [API_SERVER]: script("run-api-server", apiServerScript(api, inside)) }),
		etcd: script(
			"run-etcd",
			`#!/bin/sh
for word in "$@"; do
  shift
  case $word in
    --${BROKEN.name}=${BROKEN.value}) set -- "$@" ${BROKEN.instead} ;;
    ${own ? "--none" : NEWER}) ;;
    *127.0.0.1*) set -- "$@" "$(printf %s "$word" | sed "s/127\\.0\\.0\\.1/$ROLLCALL_REHEARSAL_LOOPBACK/g")" ;;
    *) set -- "$@" "$word" ;;
  esac
done
${inside} ${etcd} "$@" >> "$ROLLCALL_REHEARSAL_ROOT/var/log/etcd.log" 2>&1
`,
		),
		restore: script("run-restore", `#!/bin/sh\nPATH=${own ?? folder}:$PATH\nexport PATH\n${inside} /bin/sh "$@"\n`),
	};
}

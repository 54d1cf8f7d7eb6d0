import type { Artifact, SharedSecret } from "@rollcall/protocol";
import { SNAPSHOT_KEY } from "./certificates.ts";
import { imageOf } from "./images.ts";
import type { Node } from "./node.ts";
import { NODE_PATHS } from "./node-paths.ts";
import type { StaticPod } from "./static-pod.ts";

const SNAPSHOT = `${NODE_PATHS.etcdRestore}/snapshot.db`;
const KEY = `${NODE_PATHS.etcdRestore}/snapshot.key`;
/** Says in etcd's own memory that all of a snapshot is in it. */
const MARKER = `${NODE_PATHS.etcdData}/rollcall-restored`;

/**
 * So far ahead of the snapshot the revision goes on: farther than a cluster writes between two snapshots. Else clients would see
 * revisions a second time, with another content, and go on as if they had missed nothing (etcd, disaster recovery).
 */
const BUMP_REVISION = "1000000000";

/**
 * Restores once: the marker is written when everything is there. Data without it is half a restore, or something else, and etcd
 * must not start with it. The image has a shell and nothing else, so only what a shell has built in is used. The values are
 * arguments: the data folder, the marker, the snapshot's name, then the command.
 */
const RUN = [
	"data=$1 marker=$2 name=$3",
	"shift 3",
	'if [ -e "$marker" ]; then',
	'  IFS= read -r found < "$marker"',
	'  if [ "$found" = "$name" ]; then exit 0; fi',
	'  echo "etcd\'s memory is not that of snapshot $name: boot this machine anew" >&2',
	"  exit 1",
	"fi",
	'if [ -e "$data/member" ]; then',
	'  echo "restoring snapshot $name was interrupted, and etcd must not start on half of it: boot this machine anew" >&2',
	"  exit 1",
	"fi",
	'if "$@"; then printf \'%s\\n\' "$name" > "$marker"; else',
	'  echo "snapshot $name could not be restored, see above; if that stays so, boot this machine anew" >&2',
	"  exit 1",
	"fi",
	"",
].join("\n");

/** The container that restores before etcd starts, for as long as its member lives: a manifest that changes would start etcd anew. */
export function restoreContainer(node: Node, etcd: Readonly<Record<string, string>>): StaticPod["before"] {
	const { restored } = node.etcdBeginning;
	if (!restored) return undefined;
	const own = ["name", "initial-cluster", "initial-cluster-token", "initial-advertise-peer-urls", "data-dir"];
	const words = [
		...own.map((name) => `--${name}=${etcd[name] ?? ""}`),
		`--bump-revision=${BUMP_REVISION}`,
		"--mark-compacted",
	];
	return {
		name: "restore",
		image: imageOf(node, "etcd"),
		command: [
			...["/bin/sh", "-c", RUN, "restore", NODE_PATHS.etcdData, MARKER, restored.sha256],
			...["etcdutl", "snapshot", "restore", SNAPSHOT, ...words],
		],
		hostPaths: [{ name: "etcd-snapshot", path: NODE_PATHS.etcdRestore, type: "DirectoryOrCreate" }],
	};
}

/** The snapshot's file, until etcd is founded: then every member has it in its memory, and the file goes. */
export function restoreArtifacts({ etcdBeginning, snapshotSource = "" }: Node): Artifact[] {
	const snapshot = etcdBeginning.restored?.fetch;
	if (!snapshot) return [];
	const { sha256, sizeBytes, content } = snapshot;
	const url = `${snapshotSource}/v1/etcd/snapshots/${sha256.slice("sha256:".length)}/content`;
	return [
		{ path: SNAPSHOT, mode: "0600", sha256, sizeBytes, urls: [url], encrypted: { secret: SNAPSHOT_KEY, ...content } },
	];
}

/** The key that opens it. */
export function restoreSecrets({ etcdBeginning }: Node): SharedSecret[] {
	const snapshot = etcdBeginning.restored?.fetch;
	return snapshot ? [{ name: SNAPSHOT_KEY, path: KEY, mode: "0600", revision: snapshot.sha256 }] : [];
}

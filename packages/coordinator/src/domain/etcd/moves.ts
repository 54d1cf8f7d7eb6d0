import type { ClusterDocument } from "@rollcall/protocol";
import { etcdRole } from "../seats/seats.ts";

/** True when etcd cannot go on under another document: that is another cluster, or has etcd on machines of another role. */
export function movesEtcd(before: ClusterDocument | undefined, after: ClusterDocument): boolean {
	return before !== undefined && (before.name !== after.name || etcdRole(before) !== etcdRole(after));
}

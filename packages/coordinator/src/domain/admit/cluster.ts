import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, NOTHING, refuse } from "./verdict.ts";

/**
 * The operator declares the cluster. The same document again is nothing. Another name is another cluster, which must not begin
 * with what is just being restored for this one.
 */
export function declare(fleet: Fleet, { document, digest, by, base, acceptLoss }: InputOf<"declare">): Verdict {
	const inForce = fleet.cluster?.digest ?? null;
	if (base !== undefined && base !== inForce) {
		const what = fleet.cluster ? `${inForce} is in force since event ${fleet.cluster.seq}` : "no document is in force";
		return refuse({
			code: "conflict",
			message: `the cluster document changed meanwhile: ${what}, not ${base ?? "none"}`,
			path: "base",
			next: "look at what is declared now (`rollcall cluster`), and plan again",
		});
	}
	if (inForce === digest) return NOTHING;
	const restoring = fleet.snapshots?.restoring?.snapshot;
	if (restoring && restoring.cluster !== document.name) {
		return refuse({
			code: "conflict",
			message: `etcd of cluster ${restoring.cluster} is being restored; ${document.name} would begin with its state`,
			path: "name",
			next: "wait until etcd runs on most of its machines (rollcall etcd), or give the restoring up: rollcall etcd restore none",
		});
	}
	const accepted = acceptLoss === "etcd" ? { acceptLoss } : {};
	return accept([{ type: "cluster-declared", document, digest, by, ...accepted }]);
}

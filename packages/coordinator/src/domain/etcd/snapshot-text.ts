import { dateText, type EtcdSnapshot } from "@rollcall/protocol";

/** A snapshot for people: when it was taken, and how far it goes. */
export function snapshotText({ takenAt, revision, sha256 }: EtcdSnapshot): string {
	const at = dateText(takenAt);
	return `snapshot ${sha256.slice("sha256:".length, "sha256:".length + 12)} of ${at} (revision ${revision})`;
}

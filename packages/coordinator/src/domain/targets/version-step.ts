import type { ClusterDocument } from "@rollcall/protocol";

/**
 * What to know about the step from one declared Kubernetes version to another; empty for a step that Kubernetes supports: to
 * another release of the same minor version, or to the next minor version (its version skew policy). What etcd holds was
 * written by the newer API server; an older one may not be able to read it.
 */
export function versionStepWarnings(before: ClusterDocument | undefined, after: ClusterDocument): string[] {
	const [from, to] = [before?.kubernetes.version, after.kubernetes.version];
	const [old, next] = [minorOf(from), minorOf(to)];
	if (old === undefined || next === undefined) return [];
	if (next < old) {
		return [
			`kubernetes.version goes back from ${from} to ${to}: Kubernetes does not support this, and an older API server may not read what etcd holds; take a snapshot first (rollcall etcd snapshot)`,
		];
	}
	if (next > old + 1) {
		return [
			`kubernetes.version goes from ${from} to ${to}: Kubernetes supports one minor version at a time; declare 1.${old + 1} first`,
		];
	}
	return [];
}

/** The minor version, as a number, of `1.36`, `v1.36` or `1.36.2`. */
function minorOf(version: string | undefined): number | undefined {
	const minor = /^v?1\.(\d+)/.exec(version ?? "")?.[1];
	return minor === undefined ? undefined : Number(minor);
}

import { canonicalJson, type Digest, sha256Of, type TargetContent } from "@rollcall/protocol";

/** kubelet starts a static pod anew when its manifest is another one (kubeadm's path). */
const MANIFESTS = "/etc/kubernetes/manifests/";

/**
 * Names what runs on a machine: two targets with the same value differ only in what running programs take in by themselves, such
 * as the balancer's configuration. Static pods, units, and the files for which units start anew.
 */
export function programsOf({ files, units, artifacts }: TargetContent): Digest {
	const starts = new Set(units.flatMap(({ name, restartOn }) => [...restartOn, `/run/systemd/system/${name}`]));
	const counts = files.filter(({ path }) => path.startsWith(MANIFESTS) || starts.has(path));
	const fetched = artifacts
		.filter(({ path, unpack = [] }) => [{ path }, ...unpack].some((one) => starts.has(one.path)))
		.map(({ path, sha256 }) => ({ path, sha256 }));
	return sha256Of(canonicalJson({ units, files: counts, artifacts: fetched }));
}

import {
	etcdArguments,
	etcdData,
	etcdPlace,
	etcdRole,
	type Part,
	partOf,
	type RememberedTargets,
	rememberTargets,
	type Shared,
	seatCount,
	sharedKeys,
	sharedOf,
} from "@rollcall/coordinator/simulator";
import type {
	CertificateRequest,
	ClusterDocument,
	ImpossibleKind,
	Probe,
	TargetContent,
	TargetFile,
} from "@rollcall/protocol";
import { believedText } from "./keyring.ts";

export const KUBELET = "kubelet.service";
/** What kubelet runs on, where a story has it. */
export const RUNTIME = "containerd.service";
export const MOUNT = "var-lib-etcd.mount";
export const MANIFEST = "/etc/kubernetes/manifests/etcd.yaml";
/** What stands for a role's files. Its second line names the authorities that the machine believes. */
export const ROLE = "/etc/kubernetes/role";
const CERTIFICATE = { certificate: "/etc/kubernetes/pki/kubelet.crt", key: "/etc/kubernetes/pki/kubelet.key" };
/** Where the node's certificate lies. */
export const CERTIFICATE_PATH = CERTIFICATE.certificate;
/** What kubelet is restarted for. */
export const KUBELET_READS = [ROLE, CERTIFICATE.certificate];
const TIMING = { deadlineSeconds: 15, intervalSeconds: 5, timeoutSeconds: 2 };

type Render = Parameters<typeof rememberTargets<Shared, Part>>[0]["render"];
type Machine = Parameters<Render>[1];
type Seat = Parameters<Render>[2];
type Parts = Pick<TargetContent, "files" | "units" | "probes" | "memory">;

const refuse = (reason: string, kind: ImpossibleKind = "unfit") => ({ ok: false, reason, kind }) as const;

/**
 * Stands for the renderer, whose whole trees would cost too much: takes what that takes from the fleet, and has its files and arguments
 * for etcd, its memory included; refuses when the real one does, for what of that is simulated. `withRuntime`: kubelet runs on another unit.
 */
export function simulatedTargets(withRuntime = false): RememberedTargets {
	const render: Render = (...given) => rendered(withRuntime, ...given);
	return rememberTargets<Shared, Part>({ partOf, sharedOf, keyOf: sharedKeys(), render });
}

function rendered(withRuntime: boolean, ...[shared, machine, seat]: Parameters<Render>): ReturnType<Render> {
	const { document, trust } = shared;
	if (!document || !trust) return refuse("no cluster is declared");
	if (seat.role === "control-plane" && machine.facts.memory.totalBytes < 3 * 2 ** 30)
		return refuse("2 GiB are too little for a control plane");
	const etcd = seat.role === etcdRole(document) ? etcdParts(document, shared, { machine, seat }) : NOTHING;
	if ("ok" in etcd) return etcd;
	const { cluster, slot, role, nodeName } = seat;
	const controlPlanes = shared.controlPlanes.map(({ nodeName: name }) => name).join();
	const believed = believedText(trust);
	const content = `${document.kubernetes.version} ${document.name} ${machine.machineId} ${controlPlanes}\n${believed}`;
	const runtime = withRuntime ? [RUNTIME] : [];
	const units = [...runtime, KUBELET].map((name) =>
		file(`/run/systemd/system/${name}`, `[Service]\nExecStart=${name}\n`),
	);
	const request: CertificateRequest = {
		name: "kubelet",
		...CERTIFICATE,
		subject: {
			signer: "cluster",
			commonName: nodeName,
			organizations: [],
			usages: ["client"],
			names: [],
			addresses: [],
		},
		authority: trust.authorities.cluster.signing,
	};
	return {
		ok: true,
		content: {
			cluster,
			slot,
			role,
			nodeName,
			files: [...etcd.files, file(ROLE, content), ...units],
			units: [
				...etcd.units,
				...runtime.map((name) => ({ name, restartOn: [] })),
				{ name: KUBELET, restartOn: KUBELET_READS },
			],
			probes: [{ kind: "unit", component: "kubelet", ...TIMING, unit: KUBELET }, ...etcd.probes],
			artifacts: [],
			certificates: [request],
			...(etcd.memory ? { memory: etcd.memory } : {}),
			deadlineSeconds: 20,
		},
	};
}

const NOTHING: Parts = { files: [], units: [], probes: [] };

function etcdParts(
	document: ClusterDocument,
	shared: Shared,
	{ machine, seat }: { machine: Machine; seat: Seat },
): Parts | Extract<ReturnType<Render>, { ok: false }> {
	const peers = seat.role === "etcd" ? shared.ownEtcd : shared.controlPlanes;
	const address = machine.facts.nics[0]?.addresses[0]?.split("/")[0] ?? "";
	const etcdBeginning = etcdPlace(shared, { machine, nodeName: seat.nodeName, address });
	if ("ok" in etcdBeginning) return etcdBeginning;
	const declared = seatCount(document, seat.role);
	if (!etcdBeginning.cluster && peers.length < declared)
		return refuse(`etcd begins when all its machines are here: ${declared}`, "etcd-waits");
	const { facts } = machine;
	const node = { address, document, etcdBeginning, etcdMembers: peers, facts, nodeName: seat.nodeName };
	const start = { arguments: etcdArguments(node), restored: etcdBeginning.restored?.sha256 };
	const probe: Probe = { kind: "http", component: "etcd", ...TIMING, port: 2381, path: "/health", scheme: "http" };
	const { files, units, memory } = etcdData();
	return { files: [...files, file(MANIFEST, JSON.stringify(start))], units: [...units], probes: [probe], memory };
}

function file(path: string, content: string): TargetFile {
	return { path, mode: "0600", encoding: "utf8", content };
}

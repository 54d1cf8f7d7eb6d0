import { type ClusterDocument, type MachineId, sha256Of, type Trust } from "@rollcall/protocol";
import { nextEtcdStep } from "../../src/domain/etcd/steps.ts";
import { STAND_IN_TRUST } from "../../src/render/stand-in-trust.ts";
import { remember } from "./etcd-story.ts";
import { Story } from "./story.ts";

/** Nothing for the version that the fleet began with. */
const versionOf = (document: ClusterDocument | undefined): string => {
	const version = document?.kubernetes.version;
	return version === undefined || version === "1.36.2" ? "" : ` ${version}`;
};

export const SLOTS = [
	{ name: "control", role: "control-plane", count: 3 },
	{ name: "workers", role: "worker", count: "rest" },
];

/** Three control planes and a worker that run what they were given; targets follow the keys and the document, and programs the version. */
export function setUp() {
	const story = new Story();
	story.summarize = (fleet, _machine, seat) => {
		const document = fleet.cluster?.document;
		const programs = sha256Of(`${seat.nodeName} ${document?.kubernetes.version}`);
		const more = document?.networks.dnsServers?.join() ?? "";
		const digest = sha256Of(`${seat.nodeName} ${fleet.trust?.trust.encryption}${more}${versionOf(document)}`);
		return { ok: true, digest, deadlineSeconds: 600, programs };
	};
	story.record([{ type: "trust-changed", trust: STAND_IN_TRUST, reason: "the fleet's own keys" }]);
	story.declare(SLOTS);
	const all = ["a", "b", "c", "w"].map((name) => story.join({ name, rehearsal: false, memoryGiB: 8 }));
	let sequence = 0;
	const report = (id: MachineId, healthy: boolean) =>
		story.take({
			kind: "report",
			machineId: id,
			report: {
				bootId: story.machine(id).bootId,
				sequence: ++sequence,
				generation: story.machine(id).generation,
				progress: { state: "applied" },
				health: [{ component: "kube-apiserver", healthy, reason: healthy ? "" : "connection refused" }],
			},
		});
	for (const id of all) report(id, true);
	story.pass(60);
	const controlPlanes = all.filter((id) => story.machine(id).seat?.role === "control-plane").sort() as [
		MachineId,
		MachineId,
		MachineId,
	];
	const worker = all.find((id) => !controlPlanes.includes(id)) as MachineId;
	const change = (text: string) => {
		const trust: Trust = { ...STAND_IN_TRUST, encryption: sha256Of(text) };
		story.record([{ type: "trust-changed", trust, reason: "a test" }]);
		story.settle();
	};
	/** etcd runs: from now on there is something to lose. */
	const found = () => {
		remember(story, controlPlanes);
		const step = nextEtcdStep(story.fleet);
		if (!step) throw new Error("nothing is to be done");
		story.take({ kind: "etcd-step-done", step, cluster: [] });
	};
	const upgrade = (version: string) => story.declare(SLOTS, { kubernetes: { version } });
	const begun = () => all.filter((id) => story.fleet.machines.get(id)?.target?.progress === "issued").sort();
	return { story, controlPlanes, worker, change, report, begun, found, upgrade };
}

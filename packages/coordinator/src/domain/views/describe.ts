import { dateText, type Event, type EventOf, type EventType } from "@rollcall/protocol";
import { offText } from "../clocks/machine-clock.ts";
import { snapshotText } from "../etcd/snapshot-text.ts";
import { emptyText } from "../seats/empty-seats.ts";
import { changeText, refusalsText } from "./access-text.ts";
import { claimsText } from "./claims-text.ts";
import { differText } from "./kubernetes-standing.ts";
import { lengthText } from "./length-text.ts";

type Descriptions = { readonly [T in EventType]: (event: EventOf<T>) => string };

const IDENTITY = {
	"smbios-uuid": "by its SMBIOS UUID",
	"nic-and-serial": "by its NICs and serial number",
	proof: "by the proof of its assignment",
} as const;

const DRAINS = {
	waiting: "is being drained",
	done: "is drained",
	"given-up": "is drained no longer",
} as const;

const DESCRIPTIONS: Descriptions = {
	"log-started": (e) =>
		e.recovering
			? `the log was lost and begins anew; until ${dateText(e.recoverUntil)} machines prove what they hold`
			: "the log begins",
	"log-doubted": (e) =>
		`the log is in doubt; until ${dateText(e.recoverUntil)} machines prove what they hold: ${e.flaws.map(({ reason }) => reason).join("; ")}${e.total > e.flaws.length ? `; and ${e.total - e.flaws.length} more` : ""}`,
	"log-compacted": (e) =>
		`${e.entries} entries before ${e.before} were taken out of the log${e.unasked ? ", and not by a coordinator" : ""}; a state that stands for them is kept`,
	"log-filling": (e) => `the log is ${e.percent} % full: ${e.bytes} of ${e.maxBytes} bytes`,
	"log-accepted": (e) => `the log goes on as it is now, by ${e.by}: ${e.reason}`,
	"leader-elected": (e) => `coordinator ${e.coordinatorId} leads (${e.url})`,
	"clock-stepped": ({ coordinatorId, aheadMs }) =>
		aheadMs === 0
			? `the clock of coordinator ${coordinatorId} and the log's time agree again`
			: `the clock of coordinator ${coordinatorId} was set, or is another one than before: the log's time goes on ${lengthText(Math.abs(aheadMs))} ${aheadMs > 0 ? "ahead of" : "behind"} it`,
	"cluster-declared": (e) => `${e.by} declared cluster ${e.document.name} (${short(e.digest)})`,
	"token-created": (e) => `${e.by} made token ${e.tokenId} (${e.scope})`,
	"token-revoked": (e) => `${e.by} revoked token ${e.tokenId}`,
	"tokens-used": (e) => `used lately: ${e.tokens.map(({ tokenId, from }) => `${tokenId} from ${from}`).join(", ")}`,
	"token-ending": (e) => `token ${e.tokenId} ends soon: it is good until ${dateText(e.expiresAt)}`,
	"change-made": changeText,
	"requests-refused": refusalsText,
	"enrollment-refused": (e) => `${e.machineId ?? "a machine"} at ${e.remote} was refused: ${e.reason}`,
	"machine-enrolled": (e) =>
		`${e.machineId} enrolled with boot ${e.bootId}, known ${IDENTITY[e.identity]}${e.grade ? `, ${e.grade}` : ""}${e.unobserved === undefined ? "" : ` (${e.unobserved})`}${e.tpm ? `, TPM ${e.tpm.ek.slice(0, 16)}${e.tpm.maker ? ` by ${e.tpm.maker}` : ""} with the registers 0-7 at ${e.tpm.pcrs.slice(0, 16)}` : ""}${e.clockOffMs ? `; its clock is ${offText(e.clockOffMs)}` : ""}`,
	"boot-held": (e) => `boot ${e.bootId} of ${e.machineId}, from ${e.remote} (${e.grade}), waits: ${e.reason}`,
	"boot-observed": (e) =>
		`boot ${e.bootId} of ${e.machineId} is observed now: its NIC ${e.mac} has the address that it speaks from`,
	"boot-allowed": (e) => `${e.by} lets in boot ${e.bootId} of ${e.machineId}`,
	"identity-conflict": (e) => `${e.machineId} and ${e.other} may be mixed up: ${e.reason}`,
	"machine-approved": (e) => `${e.machineId} was approved by ${e.by}`,
	"machine-rejected": (e) => `${e.machineId} was rejected by ${e.by}: ${e.reason}`,
	"machine-compromised": (e) =>
		`${e.machineId} is in other hands, says ${e.by}: ${e.reason}; its boot is over, and ${e.keys.length} keys that it held are to be believed no more`,
	"machine-labelled": (e) => `${e.by} set the labels of ${e.machineId}: ${labels(e.labels)}`,
	"machine-removed": (e) =>
		`${e.by} removed ${e.machineId}${e.certifiedUntil === undefined ? "" : `; what it got certificates for is valid until ${dateText(e.certifiedUntil)}`}`,
	"facts-changed": (e) => `${e.machineId} reports other facts`,
	"hellos-cut": (e) => `${e.machineId} says something new with every hello: most of it is not recorded any more`,
	"incarnation-fenced": (e) =>
		`boot ${e.bootId} of ${e.machineId} is over, ${e.successor} took its place${e.wasAlive ? "; it still spoke shortly before" : ""}`,
	"fenced-incarnation-spoke": (e) =>
		`boot ${e.bootId} of ${e.machineId} is over and still speaks: two boots of one machine`,
	"machine-clock-changed": (e) =>
		e.offMs === 0 ? `the clock of ${e.machineId} is right again` : `the clock of ${e.machineId} is ${offText(e.offMs)}`,
	"lease-changed": (e) =>
		e.goodBye
			? `${e.machineId} says good-bye: its system shuts down`
			: e.lease === "alive"
				? `${e.machineId} is heard again`
				: `${e.machineId} is ${e.lease}, silent for ${e.silentMs} ms`,
	"role-pinned": (e) =>
		e.role === null ? `${e.by} took back the role of ${e.machineId}` : `${e.by} gave ${e.machineId} the role ${e.role}`,
	"machine-assigned": (e) => `${e.machineId} is ${e.role} ${e.nodeName}, seat ${e.seat} of slot ${e.slot}: ${e.reason}`,
	"pod-networks-dealt": (e) => `the pods of ${e.machineId} have addresses of ${e.networks.join(" and ")}: ${e.reason}`,
	"drain-changed": (e) =>
		`the node ${e.nodeName} of ${e.machineId} ${DRAINS[e.drain]}${e.reason === "" ? "" : `: ${e.reason}`}`,
	"machine-released": (e) => `${e.machineId} leaves seat ${e.seat} of slot ${e.slot}: ${e.reason}`,
	"machine-reseated": (e) =>
		`${e.machineId} has seat ${e.seat} of slot ${e.slot} now, with all that it holds: ${e.reason}`,
	"seats-empty": (e) =>
		e.empty > 0 ? emptyText(e) : `no declared seat of slot ${e.slot} (${e.role}) is empty any more`,
	"assignment-adopted": (e) =>
		`${e.machineId} keeps seat ${e.seat} of slot ${e.slot} as ${e.nodeName}: it proved generation ${e.generation}`,
	"generation-raised": (e) => `${e.machineId} holds generation ${e.generation}; counting goes on above it`,
	"target-issued": (e) => `${e.machineId} gets generation ${e.generation} as ${e.role} (${short(e.digest)})`,
	"target-impossible": (e) => `${e.machineId} cannot get a target: ${e.reason}`,
	"target-progress": (e) =>
		e.progress.state === "rejected"
			? `${e.machineId} could not apply generation ${e.generation} (${e.progress.step}): ${e.progress.reason}`
			: `${e.machineId} ${e.progress.state === "applied" ? "has applied" : "applies"} generation ${e.generation}`,
	"target-expired": (e) => `generation ${e.generation} of ${e.machineId} ended without success: ${e.reason}`,
	"health-changed": (e) => {
		const ill = e.health.filter(({ healthy }) => !healthy).map(({ component }) => component);
		return ill.length > 0
			? `${e.machineId} is not healthy: ${ill.join(", ")}`
			: e.health.length > 0
				? `${e.machineId} is healthy: ${e.health.map(({ component }) => component).join(", ")}`
				: `${e.machineId} runs nothing that could be healthy`;
	},
	"trust-changed": (e) => `machines believe other keys: ${e.reason}`,
	"listeners-changed": (e) => `the authority of the coordinators' listeners: ${e.reason}`,
	"listeners-believed": ({ machines: [first, ...more] }) =>
		`${first?.machineId}${more.length > 0 ? ` and ${more.length} more` : ""} believe whom the listeners are to be believed by now`,
	"secrets-rewritten": (e) => `all ${e.secrets} Secrets were written anew, with the key ${short(e.key)}`,
	"certificates-issued": (e) =>
		`${e.machineId} got ${e.certificates.map(({ name }) => name).join(", ")} for generation ${e.generation}, until ${dateText(Math.min(...e.certificates.map(({ notAfter }) => notAfter)))}`,
	"certificate-validity-changed": ({ machineId, validity, names }) =>
		validity === "valid"
			? `the certificates of ${machineId} are valid again`
			: `${names.join(", ")} of ${machineId} ${validity === "expired" ? "have expired" : "are not valid yet"} by the coordinator's clock; they are ordered anew`,
	"etcd-founded": (e) =>
		`etcd runs on ${e.members.map(({ nodeName }) => nodeName).join(", ")}${e.others ? `, and lists ${e.others.length} more, whose machines have not proved it` : ""}`,
	"etcd-member-added": (e) => `${e.machineId} may join etcd as ${e.nodeName}: what it knew before went with its memory`,
	"etcd-member-promoted": (e) => `${e.machineId} has caught up and votes in etcd`,
	"etcd-members-removing": (e) => `etcd is asked to take out ${e.ids.length} members, for ${e.machineId}`,
	"etcd-member-removed": (e) => `${e.nodeName} (${e.machineId}) is no member of etcd any more`,
	"etcd-memory-changed": (e) =>
		e.memory === null
			? `etcd's memory on ${e.machineId} is gone although its boot goes on: no vote of it counts until it boots anew`
			: `${e.machineId} holds the memory of etcd's member ${e.memory.memberId} of cluster ${e.memory.clusterId}`,
	"etcd-snapshot-taken": (e) => `etcd was saved: ${snapshotText(e.snapshot)}, ${e.snapshot.sizeBytes} bytes`,
	"etcd-snapshot-failed": (e) => `etcd's snapshots: ${e.reason}`,
	"etcd-snapshots-pruned": (e) =>
		`${e.by === undefined ? "there are newer ones" : `${e.by} wants it`}: ${e.snapshots.length} snapshots of etcd are removed`,
	"etcd-snapshots-found": (e) => `${e.snapshots.length} snapshots of etcd are there from before this log`,
	"etcd-restore-chosen": (e) =>
		`${e.by} wants etcd to begin with ${e.choice.kind === "snapshot" ? snapshotText(e.choice.snapshot) : e.choice.kind === "none" ? "nothing" : "the newest snapshot"}, the next time that no memory is left`,
	"etcd-restoring": (e) => `no memory of etcd is left; its machines begin with ${snapshotText(e.snapshot)}`,
	"operator-certificate-issued": (e) =>
		`${e.by} got a certificate for ${e.certificate.subject}, until ${dateText(e.certificate.notAfter)}`,
	"command-issued": (e) => `${e.by} told ${e.machineId} to ${e.command} (until ${dateText(e.deadlineAt)})`,
	"command-ended": (e) =>
		`command ${e.commandId} to ${e.machineId} ${e.outcome === "done" ? "is done" : "failed"}: ${e.reason}`,
	"node-changed": (e) => {
		if (e.node === null) return `Kubernetes has no node for ${e.machineId} any more`;
		const short = e.node.pressure.length > 0 ? `; ${e.node.pressure.join(", ")}` : "";
		const state = e.node.ready ? "ready" : `not ready: ${e.node.reason}`;
		return `the node of ${e.machineId} (${e.node.version}) is ${state}${short}`;
	},
	"api-changed": (e) => `the cluster's API is ${e.ready ? "ready" : `not ready: ${e.reason}`}`,
	"add-ons-applied": (e) =>
		[
			`the cluster's API holds all ${e.objects} objects that it is to hold`,
			...(e.drifted.length > 0 ? [`put right: ${e.drifted.join(", ")}`] : []),
			...(e.pruned.length > 0 ? [`removed: ${e.pruned.join(", ")}`] : []),
		].join("; "),
	"add-ons-failed": (e) => `add-ons could not be applied, trying again: ${e.reason}`,
	"manifests-named": (e) =>
		`the ${e.objects} manifests of coordinator ${e.coordinatorId} count${e.prune ? ", and what is not among them is removed" : ""}, by ${e.by}`,
	"manifests-differ": differText,
	"claims-waiting": (e) => (e.total === 0 ? "no claim waits for a volume that nobody makes any more" : claimsText(e)),
	"cluster-checked": (e) => {
		if (e.outcome === "interrupted") return `the check of the cluster that ${e.by} asked for was ended early`;
		const on = `the check of the cluster on ${e.nodes} nodes that ${e.by} asked for`;
		return e.outcome === "ok"
			? `${on} found nothing wrong`
			: `${on} found ${e.failed === 1 ? "1 fault" : `${e.failed} faults; the first`}: ${e.first}`;
	},
	"boot-refused": (e) => `${e.mac ?? "a machine"} at ${e.remote} did not get its ${e.stage}: ${e.reason}`,
	"boot-stuck": (e) =>
		`${e.machineId ?? e.mac ?? "a machine"} is stuck in its boot: ${e.waitingFor} did not come within ${seconds(e.waitedMs)} of ${e.reached}; ${e.reason}`,
	"machine-booted": (e) => {
		const steps = e.stages.map(({ stage, at }, index) => {
			const before = e.stages[index - 1];
			return before ? `${stage} +${seconds(at - before.at)}` : stage;
		});
		const [first, last] = [e.stages[0], e.stages.at(-1)];
		return `${e.machineId} booted in ${seconds(first && last ? last.at - first.at : 0)}: ${steps.join(", ")}`;
	},
};

/** An event as one English sentence, without its number and time. Holds no secret, as events hold none. */
export function describe(event: Event): string {
	const description = DESCRIPTIONS[event.type] as ((event: Event) => string) | undefined;
	return description ? description(event) : `something this program does not know: ${event.type}`;
}

function short(digest: string): string {
	return digest.slice("sha256:".length, "sha256:".length + 12);
}

function seconds(ms: number): string {
	return `${(ms / 1000).toFixed(1)} s`;
}

function labels(set: Readonly<Record<string, string>>): string {
	return (
		Object.entries(set)
			.map(([key, value]) => `${key}=${value}`)
			.sort()
			.join(", ") || "none"
	);
}

import { z } from "zod";
import { BootUser } from "../boot/user.ts";
import { Grade } from "../grade.ts";
import { Labels, type Mac, Name, normalizeMac, normalizeUuid } from "../ids.ts";
import { Probe, TARGET_LIMITS, TargetFile, TargetUnit } from "../target.ts";
import { Etcd } from "./etcd.ts";
import { ControlPlane, Images, Kubernetes, NodeLabels, ProgramArtifact, Taint } from "./kubernetes.ts";
import { Networks } from "./networks.ts";
import { Selector } from "./selector.ts";
import { Time } from "./time.ts";
import { Volumes } from "./volumes.ts";

/**
 * A place for a role. `count` machines fill it, or all that are left (`rest`). Slots are filled in the order in which they
 * are declared.
 */
export const Slot = z.strictObject({
	name: Name,
	role: Name,
	count: z.union([z.int().min(0).max(10_000), z.literal("rest")]),
	selector: Selector.prefault({}),
	/** A label: its values get as equal a share of the seats as there are machines for. */
	spread: z.string().max(320).optional(),
	/** So many matching machines are kept free for this slot; slots declared later do not get them. */
	spares: z.int().min(0).max(1000).default(0),
	/** A holder that has been lost for so long is replaced by a spare. Without it, its seat waits for it to come back. */
	replaceAfterSeconds: z.int().min(10).max(86_400).optional(),
	/** Roles of later slots: their living machines fill a free seat here for which there is no other machine, one after the other. */
	from: z.array(Name).max(16).default([]),
	/** How sure the coordinator must be of a machine before it gets a seat. Absent: `observed` for control planes and etcd that are no rehearsal, `claimed` for others. */
	grade: Grade.optional(),
	/** `each-boot`: a person lets in each boot of a machine with a seat here. */
	approval: z.enum(["once", "each-boot"]).default("once"),
	/** Labels and taints of the Node object, from its first registration. Taints replace those that the role has by itself. */
	nodeLabels: NodeLabels.optional(),
	taints: z.array(Taint).max(16).optional(),
});
export type Slot = z.infer<typeof Slot>;

/** A role that the operator defines: programs, files, units, probes. `{{nodeName}}`, `{{machineId}}`, `{{address}}` stand for the machine's own. */
export const RoleDefinition = z.strictObject({
	files: z.array(TargetFile).max(128).default([]),
	units: z.array(TargetUnit).max(32).default([]),
	probes: z.array(Probe).max(32).default([]),
	/** What its units call and the operating system does not bring, as `kubernetes.artifacts`. */
	artifacts: z.array(ProgramArtifact).max(TARGET_LIMITS.artifacts).default([]),
	deadlineSeconds: z.int().min(1).max(7200).default(120),
});
export type RoleDefinition = z.infer<typeof RoleDefinition>;

/** A machine that is known before it comes: approved on arrival, with labels and a node name. One of `uuid`, `mac` names it. */
export const DeclaredMachine = z
	.strictObject({
		/** In any notation; `parseDocument` of the coordinator refuses what is none. */
		uuid: z
			.string()
			.max(64)
			.transform((text) => normalizeUuid(text) ?? text.toLowerCase())
			.optional(),
		mac: z
			.string()
			.transform((text, context) => {
				const mac = normalizeMac(text);
				if (!mac) context.addIssue({ code: "custom", message: "not a MAC" });
				return mac as Mac;
			})
			.optional(),
		nodeName: Name.optional(),
		labels: Labels.default({}),
	})
	.refine(
		(machine) => machine.uuid !== undefined || machine.mac !== undefined,
		"a declared machine needs a uuid or a mac",
	);

/**
 * What the operator declares: one YAML document. `parseDocument` of the coordinator checks what needs more than one
 * field (overlaps, unknown roles, versions).
 */
export const ClusterDocument = z.strictObject({
	apiVersion: z.literal("rollcall/v1"),
	kind: z.literal("Cluster"),
	name: Name,
	kubernetes: Kubernetes,
	networks: Networks.prefault({}),
	controlPlane: ControlPlane.prefault({}),
	/** Left out: snapshots as by default. */
	etcd: Etcd.optional(),
	images: Images.prefault({}),
	/** Where volumes of pods come from. Absent: nobody makes any, and a warning says so. */
	volumes: Volumes.optional(),
	/** Machines that need no person to let them in. */
	approval: z
		.strictObject({
			rules: z
				.array(z.strictObject({ name: Name, selector: Selector }))
				.max(64)
				.default([]),
		})
		.prefault({}),
	machines: z.array(DeclaredMachine).max(10_000).default([]),
	/** People's accounts and SSH keys, on every machine that boots with Ignition or cloud-init; the boot document's go before. */
	users: z
		.array(BootUser)
		.max(64)
		.refine((users) => new Set(users.map(({ name }) => name)).size === users.length, "two users have the same name")
		.optional(),
	/** Absent: machines ask whom their operating system says. */
	time: Time.optional(),
	slots: z.array(Slot).min(1).max(64),
	roles: z.record(Name, RoleDefinition).default({}),
});
export type ClusterDocument = z.infer<typeof ClusterDocument>;

/**
 * How much a document may be. `characters`: text that is looked at at all. Of that, `ownCharacters` for the document and
 * `machineCharacters` more for each declared machine. `loggedBytes`: as JSON. The log packs it to one message,
 * and refuses what does not pack to that size.
 */
export const DOCUMENT_LIMITS = {
	characters: 4 * 1024 * 1024,
	ownCharacters: 512 * 1024,
	machineCharacters: 384,
	loggedBytes: 4 * 1024 * 1024,
} as const;

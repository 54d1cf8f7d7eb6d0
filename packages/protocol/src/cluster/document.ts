import { z } from "zod";
import { BootUser } from "../boot/user.ts";
import { Labels, type Mac, Name, normalizeMac } from "../ids.ts";
import { Probe, TargetFile, TargetUnit } from "../target.ts";
import { Etcd } from "./etcd.ts";
import { ControlPlane, Images, Kubernetes, NodeLabels, Taint } from "./kubernetes.ts";
import { Networks } from "./networks.ts";
import { Selector } from "./selector.ts";
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
	/** Labels and taints of the Node object, from its first registration. Taints replace those that the role has by itself. */
	nodeLabels: NodeLabels.optional(),
	taints: z.array(Taint).max(16).optional(),
});
export type Slot = z.infer<typeof Slot>;

/** A role that the operator defines: files, units, probes. `{{nodeName}}`, `{{machineId}}`, `{{address}}` stand for the machine's own. */
export const RoleDefinition = z.strictObject({
	files: z.array(TargetFile).max(128).default([]),
	units: z.array(TargetUnit).max(32).default([]),
	probes: z.array(Probe).max(32).default([]),
	deadlineSeconds: z.int().min(1).max(7200).default(120),
});
export type RoleDefinition = z.infer<typeof RoleDefinition>;

/** A machine that is known before it comes: approved on arrival, with labels and a node name. One of `uuid`, `mac` names it. */
export const DeclaredMachine = z
	.strictObject({
		uuid: z.string().max(64).toLowerCase().optional(),
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
	slots: z.array(Slot).min(1).max(64),
	roles: z.record(Name, RoleDefinition).default({}),
});
export type ClusterDocument = z.infer<typeof ClusterDocument>;

import { z } from "zod";

/** What a check of a cluster looks at, in this order. */
export const CLUSTER_CHECKS = [
	"nodes",
	"pods",
	"pod-to-pod",
	"service",
	"dns",
	"api",
	"node-port",
	"volume",
	"deletion",
] as const;

/** A name that pods are to resolve. */
const DnsName = z
	.string()
	.max(253)
	.regex(/^(?=.*[a-z])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/, "not a DNS name");

/** `POST /v1/check`: begins one. */
export const CheckRequest = z.strictObject({
	/** True: the pods stay, for a person to look at; the next check removes them. */
	keep: z.boolean().default(false),
	/** A name outside of the cluster that pods are to resolve; null where there is none. */
	outside: DnsName.nullable().default("registry.k8s.io"),
	/** How long pods may take to start, in seconds; their image may have to come first. */
	startSeconds: z.int().min(5).max(1800).default(180),
});
export type CheckRequest = z.infer<typeof CheckRequest>;
/** The same as it is sent, without what has a default. */
export type CheckWish = z.input<typeof CheckRequest>;

/** One thing that was found out. warn: it could not be looked at, or is not wrong by itself. */
export const CheckFinding = z.strictObject({
	check: z.enum(CLUSTER_CHECKS),
	state: z.enum(["ok", "warn", "fail"]),
	text: z.string().max(1024),
	/** What an operator can do. */
	next: z.string().max(1024).optional(),
});
export type CheckFinding = z.infer<typeof CheckFinding>;

/** At most so many findings of one check. */
export const MOST_FINDINGS = 256;

/** How a check goes, or how the last one ended: `GET /v1/check`. */
export const CheckView = z.strictObject({
	checkId: z.string().max(64),
	/** stopping: somebody asked for its end, and it cleans up. */
	state: z.enum(["running", "stopping", "done"]),
	/** What it does now. */
	step: z.string().max(256),
	startedAt: z.string(),
	/** Once it is done: ok when nothing failed and nobody ended it before. */
	outcome: z.enum(["ok", "failed", "interrupted"]).optional(),
	findings: z.array(CheckFinding).max(MOST_FINDINGS),
	/** The namespace that was left for a person. */
	kept: z.string().max(63).optional(),
});
export type CheckView = z.infer<typeof CheckView>;

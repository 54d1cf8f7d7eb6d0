import { Writable } from "node:stream";
import {
	BootView,
	type CheckView,
	type Command,
	type CommandReply,
	type MachineView,
	sha256Of,
} from "@rollcall/protocol";
import type { ExecutionContext } from "ava";
import type { FastifyInstance } from "fastify";
import pino from "pino";
import { buildApp } from "../../../src/adapters/http/app.ts";
import type { ApiDependencies, Projections } from "../../../src/adapters/http/dependencies.ts";
import type { ApiLimits } from "../../../src/adapters/http/limits.ts";
import { createMetrics, type Metrics } from "../../../src/adapters/metrics/metrics.ts";
import type { BootFilter } from "../../../src/boot/waterfall/boot-view.ts";
import { fixedAssets } from "./fixed-assets.ts";
import { BOOT, DIGEST, FixedCore, NOW, SIGNER, TOKENS } from "./fixed-core.ts";
import { FIXED_PKI } from "./fixed-pki.ts";

const projections: Projections = {
	parseDocument: (text) =>
		text.startsWith("apiVersion:")
			? {
					ok: true,
					document: {
						name: "lab",
						kubernetes: { podNetwork: "routed" },
						images: { mirrors: [] },
						roles: { print: { files: [{ path: "/etc/key", mode: "0600", encoding: "utf8", content: "CANARY-FILE" }] } },
					} as unknown as Extract<ReturnType<Projections["parseDocument"]>, { ok: true }>["document"],
					digest: DIGEST,
					warnings: ["a warning"],
				}
			: {
					ok: false,
					problem: {
						code: "document-invalid",
						message: "line 1: not a cluster document",
						details: [{ path: "apiVersion", message: "is missing" }],
					},
				},
	machineView: (_fleet, machine): MachineView => ({
		machineId: machine.machineId,
		phase: machine.approval === "waiting" ? "waiting" : machine.seat ? "ready" : "idle",
		reason: "as the test says",
		rehearsal: false,
		bootId: machine.bootId,
		approval: machine.approval,
		grade: machine.grade,
		held: [],
		lease: machine.lease,
		...(machine.seat ? { nodeName: machine.seat.nodeName, slot: machine.seat.slot, role: machine.seat.role } : {}),
		pinned: false,
		generation: machine.generation,
		progress: "none",
		health: [...machine.health],
		labels: machine.labels,
		enrolledAt: new Date(machine.enrolledAt).toISOString(),
		changedAt: new Date(machine.changedAt).toISOString(),
	}),
	why: (fleet, machine, events) => ({
		machineId: machine.machineId,
		phase: projections.machineView(fleet, machine).phase,
		reason: "as the test says",
		chain: events.toReversed().map((event) => ({
			seq: event.seq,
			at: new Date(event.at).toISOString(),
			type: event.type,
			text: projections.describe(fleet, event),
			...(event.cause === undefined ? {} : { cause: event.cause }),
		})),
	}),
	plan: (_fleet, { digest, warnings }) => ({ digest, unchanged: 3, machines: [], addOns: [], warnings: [...warnings] }),
	programs: (_fleet, { seat }) => seat && [{ name: "kubelet", path: "/opt/rollcall/bin/kubelet", from: "coordinator" }],
	planMachine: (_fleet, { machineId, ...input }) =>
		input.kind === "pin-role" && input.role === "nothing"
			? { code: "bad-request", message: "no slot is for the role nothing", machineId, path: "role" }
			: { unchanged: 2, machines: [], warnings: [JSON.stringify(input)] },
	target: (_fleet, machine) =>
		machine.seat && {
			ok: true,
			content: {
				cluster: "lab",
				slot: "workers",
				role: "worker",
				nodeName: machine.seat.nodeName,
				files: [
					{
						path: "/etc/kubernetes/pki/ca.key",
						mode: "0600",
						encoding: "base64",
						content: btoa("CANARY-KEY"),
						sensitive: true,
					},
					{
						path: "/etc/kubernetes/group.conf",
						mode: "0640",
						encoding: "utf8",
						content: "CANARY-GROUP",
						sensitive: true,
					},
					{ path: "/etc/motd", mode: "0644", encoding: "utf8", content: "hello" },
				],
				units: [],
				probes: [],
				artifacts: [],
				deadlineSeconds: 60,
			},
		},
	stateDigest: (fleet) => sha256Of(String(fleet.seq)),
	describe: (_fleet, event) => `${event.type} happened`,
};

/** A clock that the test turns. */
export class HandClock {
	ms = NOW;
	now(): number {
		return this.ms;
	}
	wall(): number {
		return this.ms;
	}
	monotonic(): number {
		return this.ms;
	}
	async sleep(): Promise<void> {}
	resume(): void {}
	follow(): void {}
}

/** One machine that came up, one that is stuck before it enrolled. */
const BOOTS: BootView[] = [
	BootView.parse({
		mac: "52:54:00:00:00:99",
		state: "stuck",
		startedAt: new Date(0).toISOString(),
		totalMs: 0,
		stages: [{ stage: "ipxe", at: new Date(0).toISOString() }, { stage: "kernel" }],
		waitingFor: "kernel",
		cause: "the asset is missing",
	}),
	BootView.parse({
		machineId: "m-alpha",
		state: "done",
		startedAt: new Date(0).toISOString(),
		totalMs: 1000,
		stages: [{ stage: "ready", at: new Date(1000).toISOString() }],
	}),
];

function listBoots({ state, mac, machines, limit }: BootFilter) {
	const wanted = BOOTS.filter((boot) => (state ?? boot.state) === boot.state && (mac ?? boot.mac) === boot.mac).filter(
		(boot) => machines?.(boot.machineId) ?? true,
	);
	return { boots: wanted.slice(0, limit), more: Math.max(0, wanted.length - limit) };
}

export interface TestApi {
	readonly app: FastifyInstance;
	readonly core: FixedCore;
	readonly clock: HandClock;
	readonly metrics: Metrics;
	/** Commands that were sent to agents. */
	readonly sent: Command[];
	/** Who used the API from where, and what was refused for want of a right. */
	readonly used: string[];
	readonly refused: { by?: string | undefined; from: string; route: string; code: string }[];
	/** Everything that was logged. */
	logged(): string;
	/** What an agent answers to the next commands. */
	agentAnswers: (command: Command) => CommandReply | Promise<CommandReply>;
}

export interface TestWish {
	readonly limits?: Partial<ApiLimits>;
	readonly config?: Partial<ApiDependencies["config"]>;
	readonly deps?: Partial<ApiDependencies>;
}

/** Builds the API around a FixedCore; it is closed at the end of the test. */
export function testApi(t: ExecutionContext, wish: TestWish = {}): TestApi {
	let logged = "";
	const sink = new Writable({
		write(chunk, _encoding, done) {
			logged += String(chunk);
			done();
		},
	});
	const core = new FixedCore();
	const clock = new HandClock();
	const metrics = createMetrics("1.2.3");
	const sent: Command[] = [];
	const used: string[] = [];
	const refused: TestApi["refused"] = [];
	const assets = fixedAssets();
	const app = buildApp({
		core,
		signedToken: () => undefined,
		clock,
		metrics,
		projections,
		summary: () => undefined,
		assets: () => assets,
		boots: { list: listBoots, ofMachine: (machineId) => BOOTS.find((boot) => boot.machineId === machineId) },
		failpoint: () => {},
		log: pino({ level: "debug" }, sink),
		pki: FIXED_PKI,
		accounts: {
			place: (name) => `/var/lib/rollcall/registry-accounts/${name}`,
			authorization: async (name) => (name === "cache" ? "Basic cm9ib3Q6c2VjcmV0" : undefined),
		},
		checker: fixedChecker(),
		askVoters: async () => undefined,
		observe: async () => ({}),
		relay: async ({ signature }) => (signature === "mine" ? { ticket: "t", questions: [] } : undefined),
		attester: {
			challenge: () => ({ expires: NOW, credential: "", secret: "", nonce: "" }),
			judge: () => ({ ek: "0".repeat(64), pcrs: "0".repeat(64) }),
		},
		access: {
			used: (tokenId, from) => used.push(`${tokenId} ${from}`),
			refused: (request) => refused.push(request),
		},
		snapshots: {
			take: async () => ({
				taken: true,
				snapshot: {
					...{ sha256: DIGEST, sizeBytes: 1, content: { sha256: DIGEST, sizeBytes: 1 } },
					...{ revision: 1, takenAt: NOW, cluster: "lab", secretsKeys: [] },
				},
			}),
			file: async () => undefined,
		},
		credentials: {
			signers: [SIGNER],
			signText: (text) => `signed ${sha256Of(text)}`,
			isBy: (_key, _text, signature) => signature === "mine",
			servers: ["nats://127.0.0.1:4222"],
			issue: async (machineId) => ({ jwt: `jwt-of-${machineId}`, expiresInSeconds: 60 }),
			revoke: async () => {},
			sign: () => {
				throw new Error("the API signs nothing");
			},
			verify: (signed) => signed.signature === "good",
		},
		bus: {
			notifyTarget: () => {},
			notifyRoutes: () => {},
			command: async (_machineId, command) => {
				sent.push(command);
				return api.agentAnswers(command);
			},
		},
		config: {
			coordinatorId: "c-1",
			version: "0.1.0",
			adminTokenHash: sha256Of(TOKENS.root),
			adminTokenMadeAt: NOW,
			metricsOnLoopback: false,
			hosts: new Set(["localhost", "x"]),
			...wish.config,
		},
		limits: wish.limits ?? {},
		checkAnswers: true,
		...wish.deps,
	});
	const api: TestApi = {
		app,
		core,
		clock,
		metrics,
		sent,
		used,
		refused,
		logged: () => logged,
		agentAnswers: () => ({ kind: "pong", bootId: BOOT, generation: 1, uptimeSeconds: 5 }),
	};
	t.teardown(() => app.close());
	return api;
}

/** A check that never gets further. */
function fixedChecker(): ApiDependencies["checker"] {
	const startedAt = new Date(NOW).toISOString();
	const view: CheckView = { checkId: "c-1", state: "running", step: "beginning", startedAt, findings: [] };
	return { begin: () => view, look: () => view, stop: () => ({ ...view, state: "stopping" }) };
}

/** The headers of a caller. */
export function bearer(token: string): { authorization: string } {
	return { authorization: `Bearer ${token}` };
}

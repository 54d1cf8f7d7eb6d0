import type {
	Beat,
	Certify,
	CertifyReply,
	CommandReply,
	EnrollClaim,
	Hello,
	HelloReply,
	Report,
	ReportReply,
	RoutesReply,
	RoutesRequest,
} from "@rollcall/protocol";
import { podRoutesDigest } from "@rollcall/protocol";
import { nodeKeyring } from "../../src/adapters/keys/keyring.ts";
import { LinkDenied, LinkError } from "../../src/errors.ts";
import type { AgentParts } from "../../src/loop/agent.ts";
import type { EnrollOutcome } from "../../src/ports/enrollment.ts";
import type { Connect, LinkEvents } from "../../src/ports.ts";
import { MACHINE, PUBLIC_KEY } from "./targets.ts";

/** A coordinator and its bus, in memory. Tests set what it answers and read what it heard. */
export interface FakeBus {
	readonly parts: Pick<AgentParts, "enroll" | "connect" | "createKeys" | "signers" | "keyring" | "sign" | "random">;
	readonly enrollments: EnrollClaim[];
	readonly hellos: Hello[];
	readonly reports: Report[];
	readonly orders: Certify[];
	readonly beats: Beat[];
	/** Boots that said good-bye. */
	readonly byes: string[];
	/** How each JWT looked that a connection was opened with. */
	readonly jwts: string[];
	/** Where each connection was opened to. */
	readonly servers: (readonly string[])[];
	enroll: () => EnrollOutcome;
	hello: (hello: Hello) => HelloReply;
	report: () => ReportReply;
	certify: (message: Certify) => CertifyReply;
	routes: (message: RoutesRequest) => RoutesReply;
	/** Servers refuse every JWT. */
	denies: boolean;
	/** Requests get no answer, and nothing arrives. */
	away: boolean;
	events(): LinkEvents;
	/** Cuts the open link off for good. */
	cut(): void;
	command(command: Parameters<LinkEvents["command"]>[0]): Promise<CommandReply>;
}

export function createFakeBus(): FakeBus {
	let events: LinkEvents | undefined;
	let cut = () => {};
	let enrolled = 0;
	const connect: Connect = async (credentials, told) => {
		if (bus.away) throw new LinkError("no connection");
		if (bus.denies) throw new LinkDenied("denied");
		bus.jwts.push(credentials.jwt());
		bus.servers.push(credentials.servers);
		events = told;
		const closed = Promise.withResolvers<string>();
		cut = () => closed.resolve("authorization violation");
		const answered = <T>(value: () => T): T => {
			if (bus.away) throw new LinkError("timeout");
			return value();
		};
		queueMicrotask(() => told.connected());
		return {
			hello: async (message) => {
				bus.hellos.push(message);
				return answered(() => bus.hello(message));
			},
			report: async (message) => {
				bus.reports.push(message);
				return answered(() => bus.report());
			},
			certify: async (message) => {
				bus.orders.push(message);
				return answered(() => bus.certify(message));
			},
			routes: async (message) => answered(() => bus.routes(message)),
			bye: async (message) => {
				bus.byes.push(message.bootId);
				return answered(() => bus.report());
			},
			beat: (message) => {
				if (!bus.away) bus.beats.push(message);
			},
			connected: () => !bus.away,
			closed: closed.promise,
			close: async () => closed.resolve("closed"),
		};
	};
	const bus: FakeBus = {
		parts: {
			connect,
			enroll: async (claim) => {
				bus.enrollments.push(claim);
				return bus.enroll();
			},
			createKeys: () => ({ seed: `SU${"A".repeat(56)}`, publicKey: PUBLIC_KEY }),
			signers: [PUBLIC_KEY],
			keyring: nodeKeyring,
			sign: () => "",
			random: () => 0,
		},
		enrollments: [],
		hellos: [],
		reports: [],
		orders: [],
		beats: [],
		byes: [],
		jwts: [],
		servers: [],
		enroll: () => ({
			ok: true,
			reply: {
				machineId: MACHINE,
				jwt: `jwt-${++enrolled}`,
				servers: ["nats://127.0.0.1:1"],
				signers: [PUBLIC_KEY],
				signature: "s",
				expiresInSeconds: 3600,
			},
		}),
		hello: () => ({ kind: "wait", reason: "nobody declared this machine yet" }),
		report: () => ({ kind: "ok" }),
		certify: () => ({ kind: "certified", certificates: [], secrets: [] }),
		routes: () => ({ kind: "table", digest: podRoutesDigest([]), routes: [] }),
		denies: false,
		away: false,
		events: () => {
			if (!events) throw new Error("no link yet");
			return events;
		},
		cut: () => cut(),
		async command(command) {
			const { reply, after } = await bus.events().command(command);
			after?.();
			return reply;
		},
	};
	return bus;
}

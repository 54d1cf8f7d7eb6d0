import { connect, type NatsConnection } from "@nats-io/transport-node";
import { userAuthenticator } from "@rollcall/agent";
import {
	decode,
	downSubject,
	type EnrollReply,
	encode,
	type Health,
	HelloReply,
	healthDigest,
	inboxPrefix,
	type MachineId,
	type PodRoute,
	podRoutesDigest,
	ReportReply,
	RoutesReply,
	TargetNotice,
	upSubject,
} from "@rollcall/protocol";
import type { z } from "zod";
import type { Member, ToldRoutes } from "./orders.ts";

const REQUEST_MS = 30_000;
/** The share of tables of routes that are compared with their digest. */
const LOOKS = 0.02;

/** An agent without a machine: the real words over a real connection with real credentials, and nothing written anywhere. */
export class SimAgent {
	readonly machineId: MachineId;
	readonly #member: Member;
	readonly #nc: NatsConnection;
	#generation: number;
	#digest: Member["digest"];
	#health: Health;
	#sequence = 0;
	/** Called when the coordinator says that there is a target. */
	onNotice: () => void = () => {};
	/** Called when the coordinator says that there are other routes, with the bytes of that. */
	onRoutes: (noticeBytes: number) => void = () => {};
	lastBeatAt = 0;

	private constructor(parts: { member: Member; machineId: MachineId; nc: NatsConnection; health: Health }) {
		this.#member = parts.member;
		this.machineId = parts.machineId;
		this.#nc = parts.nc;
		this.#generation = parts.member.generation;
		this.#digest = parts.member.digest;
		this.#health = parts.health;
		for (const verb of ["target", "command"] as const)
			parts.nc.subscribe(downSubject(parts.machineId, verb), {
				callback: (_error, message) => {
					if (verb !== "target") return;
					const notice = decode(TargetNotice, message.data, "notice");
					if (notice.ok && notice.value.routes !== undefined) this.onRoutes(message.data.length);
					else this.onNotice();
				},
			});
	}

	/** Connects with what enrolling gave. `health`: what it reports, and what its beats say from the start if it runs something. */
	static async connect(member: Member, enrolled: EnrollReply, health: Health): Promise<SimAgent> {
		const { machineId, jwt, servers } = enrolled;
		const nc = await connect({
			servers,
			authenticator: userAuthenticator(() => jwt, member.seed),
			inboxPrefix: inboxPrefix(machineId),
			timeout: REQUEST_MS,
			reconnect: false,
			pingInterval: 120_000,
			noAsyncTraces: true,
		});
		return new SimAgent({ member, machineId, nc, health });
	}

	beat(): void {
		if (this.#nc.isClosed()) return;
		const { bootId } = this.#member.facts;
		const health = healthDigest(this.#generation === 0 ? [] : this.#health);
		this.#nc.publish(upSubject(this.machineId, "beat"), encode({ bootId, generation: this.#generation, health }));
		this.lastBeatAt = Date.now();
	}

	hello(): Promise<HelloReply> {
		const { publicKey, facts } = this.#member;
		const runs = this.#digest === undefined ? {} : { digest: this.#digest };
		return this.#ask(
			"hello",
			{ bootId: facts.bootId, publicKey, facts, generation: this.#generation, ...runs },
			HelloReply,
		);
	}

	/** Says that a target is being applied, and then that it is. Throws when the coordinator does not take it. */
	async applied(target: { generation: number; digest: NonNullable<Member["digest"]> }): Promise<void> {
		for (const state of ["applying", "applied"] as const) {
			const { bootId } = this.#member.facts;
			const { generation } = target;
			const health = state === "applied" ? this.#health : [];
			const report = { bootId, sequence: this.#sequence++, generation, progress: { state }, health };
			const reply = await this.#ask("report", report, ReportReply);
			if (reply.kind !== "ok") throw new Error(`report: ${JSON.stringify(reply)}`);
		}
		this.#generation = target.generation;
		this.#digest = target.digest;
	}

	/** Keeps the table of routes as an agent does, and tells each change of it. */
	followRoutes(changed: (change: ToldRoutes) => void): void {
		let table = new Map<string, PodRoute>();
		let have: string | undefined;
		const ask = async (noticeBytes: number): Promise<void> => {
			const question = encode({ bootId: this.#member.facts.bootId, ...(have ? { have } : {}) });
			const reply = await this.#nc.request(upSubject(this.machineId, "routes"), question, { timeout: REQUEST_MS });
			const decoded = decode(RoutesReply, reply.data, "answer to routes");
			if (!decoded.ok || decoded.value.kind === "problem" || decoded.value.kind === "fenced") return;
			const { value } = decoded;
			if (value.kind === "table") table = new Map();
			for (const name of value.kind === "changes" ? value.gone : []) table.delete(name);
			for (const route of value.kind === "changes" ? value.set : value.routes) table.set(route.nodeName, route);
			// Each machine has a processor for that; here all share one, and so few of them look.
			if (Math.random() < LOOKS && podRoutesDigest([...table.values()]) !== value.digest)
				throw new Error("the routes are not those of the digest");
			if (value.digest === have) return;
			have = value.digest;
			changed({ at: Date.now(), nodes: table.size, bytes: noticeBytes + question.length + reply.data.length });
		};
		this.onRoutes = (noticeBytes) => void ask(noticeBytes);
		void ask(0);
	}

	/** The floor under every question: to the bus and back, in milliseconds. */
	async roundTrip(): Promise<number> {
		const begun = performance.now();
		await this.#nc.flush();
		return performance.now() - begun;
	}

	async #ask<S extends z.ZodType>(verb: "hello" | "report", message: unknown, schema: S): Promise<z.output<S>> {
		const reply = await this.#nc.request(upSubject(this.machineId, verb), encode(message), { timeout: REQUEST_MS });
		const decoded = decode(schema, reply.data, `answer to ${verb}`);
		if (!decoded.ok) throw new Error(decoded.problem.message);
		return decoded.value;
	}
}

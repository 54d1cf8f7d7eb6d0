import { headers, type Msg, type Subscription } from "@nats-io/transport-node";
import {
	answerText,
	Beat,
	Bye,
	Certify,
	type CertifyReply,
	decode,
	encode,
	Hello,
	type HelloReply,
	isOwnInbox,
	MAX_AGENT_MESSAGE_BYTES,
	MAX_MESSAGE_BYTES,
	type MachineId,
	type Problem,
	parseUpSubject,
	Report,
	type ReportReply,
	type RoutesReply,
	RoutesRequest,
	SIGNATURE_HEADER,
	sha256Hex,
	type UpVerb,
	upWildcard,
} from "@rollcall/protocol";
import type { Answer } from "../../domain/inputs.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Core } from "../../ports/core.ts";
import type { Credentials } from "../../ports/credentials.ts";
import { type Rate, type RateLimit, rateLimit } from "../../rate/rate-limit.ts";
import { WaitingLine } from "../../rate/waiting-line.ts";
import type { BusConnection } from "./connect.ts";

/** More requests at a time than a coordinator can answer before their senders ask again. */
const MAX_IN_FLIGHT = 4_096;

/** An agent waits so long for an answer to a hello, and then asks again, in milliseconds. */
const HELLO_ANSWERED_WITHIN_MS = 10_000;
/** Hellos at the same time: what is answered in half of that, and a few in any case. */
const HELLOS = { patienceMs: HELLO_ANSWERED_WITHIN_MS / 2, atLeast: 256 };

/** What one machine may ask: far more than an agent does, far less than keeps others waiting. What it may record is bounded by its share of the log. */
const MACHINE_RATE: Rate = { burst: 2_000, perSecond: 50 };
/** So many machines are told apart. */
const MACHINES = 16_384;

/** What a person can do where a program speaks otherwise than the coordinator does. */
const NEXT = "compare the versions of agent and coordinator: `rollcall machines -o wide`, `rollcall status`";

/** Why a message was not taken; what metrics count by. */
type BadReason = "subject" | "too-large" | "bad-request" | "foreign-reply" | "too-many-requests" | "internal";

/** A message from an agent that was refused. */
export interface BadMessage {
	readonly verb: UpVerb;
	readonly reason: BadReason;
	/** The sender, by the subject; undefined when the subject names none. */
	readonly machineId: MachineId | undefined;
	readonly text: string;
}

/** What answering agents needs. */
export interface ResponderOptions {
	readonly connection: BusConnection;
	readonly core: Pick<Core, "submit" | "beat">;
	readonly credentials: Pick<Credentials, "verify" | "signText">;
	/** Makes the message out of the core's answer to a hello: renders, signs, renews. */
	readonly answerHello: (machineId: MachineId, hello: Hello, answer: Answer) => HelloReply | Promise<HelloReply>;
	/** Answers an order for certificates. */
	readonly answerCertify: (machineId: MachineId, message: Certify) => Promise<CertifyReply>;
	/** Answers which routes to other nodes' pods are new. */
	readonly answerRoutes: (machineId: MachineId, message: RoutesRequest) => RoutesReply;
	readonly onBadMessage?: (bad: BadMessage) => void;
	readonly maxInFlight?: number;
	/** Hellos at the same time; `HELLOS` without it. */
	readonly hellos?: typeof HELLOS;
	/** What one machine may ask; `MACHINE_RATE` without it. */
	readonly rate?: Rate;
	readonly clock: Pick<Clock, "monotonic">;
}

/** A question that has a sender to answer to. */
interface Question {
	readonly machineId: MachineId;
	readonly verb: UpVerb;
	readonly message: Msg;
}

/** For questions that take no place in a line. */
const NO_LINE = { leave: () => {} };

/**
 * Listens to agents. The sender is who the subject says, never who the payload says; an answer goes below the sender's own
 * inbox and nowhere else, so that nobody can have the coordinator speak to somebody in their place. Beats are heard from the
 * start; hellos and reports only by whoever leads.
 */
export class Responder {
	readonly #options: ResponderOptions;
	readonly #beats: Subscription;
	#questions: Subscription[] = [];
	#inFlight = 0;
	readonly #questionsOf: RateLimit;
	readonly #hellos: WaitingLine;

	constructor(options: ResponderOptions) {
		this.#options = options;
		this.#questionsOf = rateLimit(options.rate ?? MACHINE_RATE, options.clock, MACHINES);
		this.#hellos = new WaitingLine(options.clock, options.hellos ?? HELLOS);
		this.#beats = this.#listen("beat", (machineId, message) => this.#takeBeat(machineId, message));
	}

	/** Requests that are being answered. */
	get inFlight(): number {
		return this.#inFlight;
	}

	/** Begins to answer hellos, reports, orders for certificates, good-byes, and who asks for routes. */
	lead(): void {
		if (this.#questions.length > 0) return;
		this.#questions = (["hello", "report", "certify", "routes", "bye"] as const).map((verb) =>
			this.#listen(verb, (machineId, message) => this.#takeQuestion({ machineId, verb, message })),
		);
	}

	/** Leaves hellos, reports and orders to another coordinator. What is under way is still answered. */
	follow(): void {
		for (const subscription of this.#questions) subscription.unsubscribe();
		this.#questions = [];
	}

	close(): void {
		this.follow();
		this.#beats.unsubscribe();
	}

	#listen(verb: UpVerb, take: (machineId: MachineId, message: Msg) => void): Subscription {
		return this.#options.connection.nc.subscribe(upWildcard(verb), {
			callback: (error, message) => {
				const sender = error ? undefined : parseUpSubject(message.subject);
				if (sender) take(sender.machineId, message);
				else {
					const text = error?.message ?? "the subject names no machine";
					this.#bad({ verb, reason: error ? "internal" : "subject", machineId: undefined, text });
				}
			},
		});
	}

	#takeBeat(machineId: MachineId, message: Msg): void {
		const beat = decode(Beat, message.data, "beat", MAX_AGENT_MESSAGE_BYTES);
		if (beat.ok) this.#options.core.beat(machineId, beat.value);
		else this.#bad({ verb: "beat", reason: reasonOf(beat.problem), machineId, text: beat.problem.message });
	}

	#takeQuestion(question: Question): void {
		const { machineId, verb, message } = question;
		if (message.reply && !isOwnInbox(machineId, message.reply)) {
			const text = "the answer was to go to somebody else's subject";
			this.#bad({ verb, reason: "foreign-reply", machineId, text });
			return;
		}
		if (this.#inFlight >= (this.#options.maxInFlight ?? MAX_IN_FLIGHT)) {
			const text = "the coordinator has more requests than it can answer";
			this.#refuse(question, { code: "too-many-requests", message: text, next: "ask again in a moment" });
			return;
		}
		if (!this.#questionsOf.take(machineId)) {
			const seconds = this.#questionsOf.retryAfterSeconds(machineId);
			const text = `machine ${machineId} asks too often`;
			this.#refuse(question, { code: "too-many-requests", message: text, next: `ask again in ${seconds} s` });
			return;
		}
		const place = verb === "hello" ? this.#hellos.enter() : NO_LINE;
		if (!place) {
			const text = `the coordinator has ${this.#hellos.waiting} hellos to answer first`;
			this.#refuse(question, { code: "too-many-requests", message: text, next: "ask again in some seconds" });
			return;
		}
		this.#inFlight++;
		void this.#answer(question)
			.catch((error: unknown) => {
				this.#refuse(question, { code: "internal", message: `${verb}: ${(error as Error).message}`.slice(0, 2048) });
			})
			.finally(() => {
				this.#inFlight--;
				place.leave();
			});
	}

	async #answer(question: Question): Promise<void> {
		const { machineId, message } = question;
		const { core, credentials, answerHello, clock } = this.#options;
		if (question.verb === "hello") {
			const hello = decode(Hello, message.data, "hello", MAX_AGENT_MESSAGE_BYTES);
			if (!hello.ok) {
				this.#refuse(question, hello.problem);
				return;
			}
			const { proof } = hello.value;
			const proofValid = proof !== undefined && credentials.verify(proof);
			const came = clock.monotonic();
			const isOver = (): boolean => clock.monotonic() - came > HELLO_ANSWERED_WITHIN_MS;
			const answer = await core.submit({ kind: "hello", machineId, hello: hello.value, proofValid }, undefined, isOver);
			this.#reply(question, await answerHello(machineId, hello.value, answer));
			return;
		}
		if (question.verb === "certify") {
			const order = decode(Certify, message.data, "certify", MAX_AGENT_MESSAGE_BYTES);
			if (order.ok) this.#reply(question, await this.#options.answerCertify(machineId, order.value));
			else this.#refuse(question, order.problem);
			return;
		}
		if (question.verb === "routes") {
			const asked = decode(RoutesRequest, message.data, "routes", MAX_AGENT_MESSAGE_BYTES);
			if (asked.ok) this.#reply(question, this.#options.answerRoutes(machineId, asked.value));
			else this.#refuse(question, asked.problem);
			return;
		}
		if (question.verb === "bye") {
			const bye = decode(Bye, message.data, "bye", MAX_AGENT_MESSAGE_BYTES);
			if (bye.ok) this.#reply(question, reportReply(await core.submit({ kind: "bye", machineId, ...bye.value })));
			else this.#refuse(question, bye.problem);
			return;
		}
		const report = decode(Report, message.data, "report", MAX_AGENT_MESSAGE_BYTES);
		if (report.ok)
			this.#reply(question, reportReply(await core.submit({ kind: "report", machineId, report: report.value })));
		else this.#refuse(question, report.problem);
	}

	#reply({ machineId, verb, message }: Question, reply: HelloReply | ReportReply | CertifyReply | RoutesReply): void {
		const { nc } = this.#options.connection;
		if (!message.reply || nc.isClosed() || nc.isDraining()) return;
		const bytes = encode(reply);
		if (bytes.length > MAX_MESSAGE_BYTES)
			throw new Error(
				`the answer for machine ${machineId} to its ${verb} has ${bytes.length} bytes, too many for the bus`,
			);
		const signed = headers();
		signed.set(SIGNATURE_HEADER, this.#options.credentials.signText(answerText(message.reply, sha256Hex(bytes))));
		nc.publish(message.reply, bytes, { headers: signed });
	}

	#refuse(question: Question, problem: Problem): void {
		const { machineId, verb } = question;
		this.#bad({ verb, reason: reasonOf(problem), machineId, text: problem.message });
		this.#reply(question, { kind: "problem", problem: { next: NEXT, ...problem, machineId } });
	}

	#bad(bad: BadMessage): void {
		this.#options.onBadMessage?.(bad);
	}
}

function reasonOf({ code }: Problem): BadReason {
	return code === "too-large" || code === "too-many-requests" || code === "internal" ? code : "bad-request";
}

function reportReply(answer: Answer): ReportReply {
	if (answer.kind === "problem") return { kind: "problem", problem: answer.problem };
	if (answer.kind === "fenced") return { kind: "fenced", reason: answer.reason };
	return { kind: "ok" };
}

import { setTimeout as sleep } from "node:timers/promises";
import { distrustReason, type Observation, type RelayReply, relayText, systemReason } from "@rollcall/protocol";
import type { Logger } from "pino";
import type { SigningKey } from "../adapters/nats/signing-key.ts";
import { askCoordinator } from "./ask.ts";
import type { RelaySettings } from "./config.ts";
import { look } from "./look.ts";

/** How long it waits after nobody took its word. */
const AGAIN_MS = 1_000;
/** So many addresses are looked for at once. */
const AT_ONCE = 8;

interface Parts {
	readonly key: SigningKey;
	/** Whom coordinators are believed by, PEM; read anew each time, since it may be replaced. */
	readonly authority: () => Promise<string | undefined>;
	readonly log: Logger;
	readonly signal: AbortSignal;
}

/** Answers the coordinators' questions, who has an address on a link of this computer, until `signal` is aborted. */
export async function runRelay({ name, coordinators }: RelaySettings, parts: Parts): Promise<void> {
	const { key, log, signal } = parts;
	let [turn, told] = [0, ""];
	let [ticket, observations]: [string | undefined, Observation[]] = [undefined, []];
	const tell = (text: string): void => {
		if (text !== told) log.warn(text);
		told = text;
	};
	while (!signal.aborted) {
		const base = coordinators[turn % coordinators.length] ?? "";
		const said = { relay: name, ...(ticket === undefined ? {} : { ticket }), observations };
		const signature = Buffer.from(key.sign(Buffer.from(relayText(said)))).toString("base64");
		const begun = ticket === undefined;
		[ticket, observations] = [undefined, []];
		try {
			const answer = await askCoordinator(base, { ...said, signature }, { authority: await parts.authority(), signal });
			if (answer.ok) {
				if (!begun) tell(`${base} asks this relay, ${name}`);
				ticket = answer.reply.ticket;
				observations = await lookAll(answer.reply);
				continue;
			}
			if (answer.problem.code !== "not-leader")
				tell(
					`${base} does not take what this relay says: ${answer.problem.message}; its key is ${key.publicKey}, to be named in \`relays\` of the coordinator's configuration`,
				);
		} catch (error) {
			if (signal.aborted) return;
			tell(`${base} cannot be asked: ${distrustReason(error) ?? systemReason(error)}`);
		}
		turn++;
		await sleep(AGAIN_MS, undefined, { signal }).catch(() => {});
	}
}

async function lookAll({ questions }: RelayReply): Promise<Observation[]> {
	const left = [...questions];
	const seen: Observation[] = [];
	const worker = async (): Promise<void> => {
		for (let question = left.shift(); question !== undefined; question = left.shift())
			seen.push({ ...question, ...(await look(question.address)) });
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
	return seen;
}

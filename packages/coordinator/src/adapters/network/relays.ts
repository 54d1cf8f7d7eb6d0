import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import {
	contains,
	type Mac,
	type Network,
	parseAddress,
	parseNetwork,
	RELAY_QUESTIONS,
	type RelayReply,
	type RelayRequest,
	relayText,
} from "@rollcall/protocol";
import type { RelayConfig } from "../../config.ts";

/** A relay that was silent for so long is away: then nobody waits for it. */
const AWAY_MS = 10_000;
/** How long a relay is let wait for questions. */
const IDLE_MS = 5_000;
/** What a machine may be kept waiting for its relay's answer. */
const ANSWER_MS = 3_000;
/** How old the ticket of a request may be. */
const TICKET_MS = 60_000;
/** Questions of one relay that wait at once; whoever comes then is not observed. */
const MOST_OPEN = 512;

/** What is seen of an address: its MAC, or why none; neither where nobody is there who could look. */
export interface Seen {
	readonly mac?: Mac;
	readonly reason?: string;
}

interface Parts {
	readonly monotonic: () => number;
	/** True where a text was signed with the private half of that key. */
	readonly isBy: (publicKey: RelayConfig["publicKey"], text: string, signature: string) => boolean;
	readonly tell: (text: string) => void;
}

interface Question {
	readonly address: string;
	settle(seen: Seen): void;
}

interface State {
	readonly config: RelayConfig;
	readonly networks: readonly Network[];
	readonly open: Map<string, Question>;
	/** When its last request came that was signed; at first, when we began. */
	heard: number;
	here: boolean;
	/** When the newest ticket that it used was made: each is good once. */
	used: number;
	/** Ends the wait of the request that is there. */
	wake: () => void;
}

/** The relays that the configuration names: each looks into the neighbour table of its own link, for addresses of its networks alone. */
export class Relays {
	readonly #relays: readonly State[];
	readonly #parts: Parts;
	readonly #key = randomBytes(32);

	constructor(relays: readonly RelayConfig[], parts: Parts) {
		this.#parts = parts;
		const heard = parts.monotonic();
		this.#relays = relays.map((config) => ({
			config,
			networks: config.networks.flatMap((text) => parseNetwork(text) ?? []),
			...{ open: new Map(), heard, here: false, used: Number.NEGATIVE_INFINITY, wake: () => {} },
		}));
	}

	/** Whether a relay is there that looks for one of these addresses; each may have a prefix length. */
	canSee(addresses: readonly string[]): boolean {
		return addresses.some((text) => {
			const relay = this.#of(text.split("/")[0] ?? "");
			return relay?.here === true && !this.#isAway(relay);
		});
	}

	/** Has the relay of the address's network look for it now. */
	async look(address: string): Promise<Seen> {
		const relay = this.#of(address);
		if (!relay) return {};
		const { name } = relay.config;
		if (this.#isAway(relay)) return { reason: `relay ${name}, which looks for ${address}, is away` };
		if (relay.open.size >= MOST_OPEN) return { reason: `relay ${name} is asked for too many addresses at once` };
		const nonce = randomBytes(18).toString("base64url");
		const { promise, resolve } = Promise.withResolvers<Seen>();
		const late = setTimeout(
			() => resolve({ reason: `relay ${name} did not say in time who has ${address}` }),
			ANSWER_MS,
		);
		relay.open.set(nonce, { address, settle: resolve });
		relay.wake();
		try {
			return await promise;
		} finally {
			clearTimeout(late);
			relay.open.delete(nonce);
		}
	}

	/**
	 * Takes what a relay saw, and gives it what it is asked, when there is something, or after some seconds. Undefined where the request is
	 * of no relay of ours, or not signed by it, or came before.
	 */
	async take(request: RelayRequest): Promise<RelayReply | undefined> {
		const relay = this.#relays.find(({ config }) => config.name === request.relay);
		if (!relay || !this.#parts.isBy(relay.config.publicKey, relayText(request), request.signature)) return undefined;
		if (request.ticket === undefined) return { ticket: this.#ticket(relay), questions: [] };
		const made = this.#madeAt(relay, request.ticket);
		const now = this.#parts.monotonic();
		if (made === undefined || made <= relay.used || now - made > TICKET_MS) return undefined;
		relay.used = made;
		relay.heard = now;
		if (!relay.here) this.#parts.tell(`relay ${relay.config.name} is there`);
		relay.here = true;
		for (const { nonce, address, mac, reason } of request.observations) {
			const question = relay.open.get(nonce);
			if (question?.address !== address) continue;
			const why = `relay ${relay.config.name} sees nobody with ${address} on its link${reason === undefined ? "" : `: ${reason}`}`;
			question.settle(mac === undefined ? { reason: why } : { mac });
			relay.open.delete(nonce);
		}
		await this.#somethingToAsk(relay);
		relay.heard = this.#parts.monotonic();
		const questions = [...relay.open].slice(0, RELAY_QUESTIONS).map(([nonce, { address }]) => ({ nonce, address }));
		return { ticket: this.#ticket(relay), questions };
	}

	/** Lets nobody wait any more. */
	close(): void {
		for (const relay of this.#relays) {
			relay.wake();
			for (const { settle } of relay.open.values()) settle({});
		}
	}

	#of(address: string): State | undefined {
		const value = parseAddress(address);
		return value && this.#relays.find(({ networks }) => networks.some((network) => contains(network, value)));
	}

	#isAway(relay: State): boolean {
		const isAway = this.#parts.monotonic() - relay.heard > AWAY_MS;
		if (isAway && relay.here)
			this.#parts.tell(`relay ${relay.config.name} is away: machines of its networks only claim`);
		if (isAway) relay.here = false;
		return isAway;
	}

	/** A newer request of the same relay takes the place of the one that waits. */
	async #somethingToAsk(relay: State): Promise<void> {
		relay.wake();
		if (relay.open.size > 0) return;
		const { promise, resolve } = Promise.withResolvers<void>();
		relay.wake = resolve;
		const timer = setTimeout(resolve, IDLE_MS);
		await promise;
		clearTimeout(timer);
	}

	/** No two are alike, since each names a later moment. */
	#ticket({ config }: State): string {
		const at = String(this.#parts.monotonic());
		return `${at} ${this.#stamp(config.name, at)}`;
	}

	#madeAt({ config }: State, ticket: string): number | undefined {
		const [at = "", stamp = ""] = ticket.split(" ");
		const right = Buffer.from(this.#stamp(config.name, at));
		const said = Buffer.from(stamp);
		return right.length === said.length && timingSafeEqual(right, said) ? Number(at) : undefined;
	}

	#stamp(name: string, at: string): string {
		return createHmac("sha256", this.#key).update(`${name}\n${at}`).digest("base64url");
	}
}

import {
	type BootId,
	messageOf,
	type PodRoute,
	podRoutesDigest,
	type RoutesReply,
	serial,
	type TargetPodNetwork,
} from "@rollcall/protocol";
import { backoff } from "../domain/backoff.ts";
import { wantedNetwork } from "../domain/pod-network.ts";
import { LinkError } from "../errors.ts";
import type { Clock, Link, Log, Memory, PodKernel } from "../ports.ts";
import { createWakeSignal } from "./wake-signal.ts";
import { createLateWriter } from "./write-later.ts";

const RETRY = { baseMs: 200, maxMs: 10_000 };
/** Every 30 to 60 s, in case that a notice was lost. */
const REPAIR_MS = 30_000;
/** Between two looks whether somebody else changed what is there. */
const LOOK_MS = 15_000;

/** What it needs. `bootId`: of this boot. */
export interface PodNetworkParts {
	readonly podKernel: PodKernel;
	readonly memory: Pick<Memory, "podNetwork" | "savePodNetwork">;
	readonly clock: Clock;
	readonly log: Log;
	readonly random: () => number;
	readonly bootId: BootId;
}

/** Keeps the routes between this node's pods and those of others. They stay when the agent ends, and go when no target wants them. */
export interface PodNetworkKeeper {
	/** From now on this is the node's part in the pod network; undefined: it has none. Never throws: what fails is tried again, and `state` tells it. */
	use(target: TargetPodNetwork | undefined): Promise<void>;
	/** A coordinator has another table of routes than this one. */
	heard(digest: string): void;
	state(): { readonly healthy: true } | { readonly healthy: false; readonly reason: string };
	/** Networks to which the agent keeps routes: no facts of the machine. */
	destinations(): ReadonlySet<string>;
	/** Asks for the routes, when there may be others, for as long as the link lives. */
	run(link: Pick<Link, "routes" | "connected">, signal: AbortSignal): Promise<void>;
	/** Looks now and then whether all is as it is to be, and puts it right. */
	watch(signal: AbortSignal): Promise<void>;
}

/** A keeper that goes on with the target and the routes that the agent's memory has. */
export function createPodNetworkKeeper(parts: PodNetworkParts): PodNetworkKeeper {
	const { podKernel, memory, clock, log } = parts;
	const inOrder = serial();
	const questions = createWakeSignal(clock);
	const looks = createWakeSignal(clock);
	let { target, table } = memory.podNetwork() ?? {};
	let trouble = "its routes were not looked at yet";
	let brought: ReadonlySet<string> = new Set(target && table ? goals(target, table) : []);

	/** It counts although there may be no room to write it: who forgets it asks again. */
	const written = createLateWriter(log, "what is known of routes to pods", () =>
		memory.savePodNetwork(target || table ? { target, table } : undefined),
	);

	const digest = () => table && podRoutesDigest(table);

	function goals(of: TargetPodNetwork, routes: readonly PodRoute[]): string[] {
		return wantedNetwork(of, routes).ways.map(({ to }) => to);
	}

	function bring(): Promise<void> {
		return inOrder(async () => {
			written.catchUp();
			const wanted = target && wantedNetwork(target, table ?? []);
			brought = new Set([...brought, ...(wanted?.ways ?? []).map(({ to }) => to)]);
			try {
				const changes = await podKernel.bring(wanted);
				brought = new Set(wanted?.ways.map(({ to }) => to));
				if (changes > 0) log.info("routes to pods are in place", { nodes: wanted?.ways.length ?? 0, changes });
				const [first] = wanted?.unreached ?? [];
				const text = first ?? (target && !table ? "no coordinator has told the routes to other nodes yet" : "");
				if (text !== "" && text !== trouble) log.warn("not every node's pods are reached", { reason: text });
				trouble = text;
			} catch (error) {
				const reason = messageOf(error);
				if (reason !== trouble) log.error("routes to pods cannot be set", { reason });
				trouble = reason;
			}
		});
	}

	/** False: it is to be asked again, for the whole table. */
	function take(reply: Extract<RoutesReply, { kind: "changes" | "table" }>): boolean {
		const next = reply.kind === "table" ? [...reply.routes] : changed(table ?? [], reply);
		if (podRoutesDigest(next) !== reply.digest) {
			table = undefined;
			return false;
		}
		table = next;
		written.save();
		return true;
	}

	async function ask(link: Pick<Link, "routes">): Promise<boolean> {
		const have = digest();
		try {
			const reply = await link.routes({ bootId: parts.bootId, ...(have ? { have } : {}) });
			if (reply.kind === "fenced") return true;
			if (reply.kind === "problem") {
				log.debug("no routes", { problem: reply.problem.message });
				return false;
			}
			if (!take(reply)) return false;
			if (digest() !== have || trouble !== "") await bring();
			return true;
		} catch (error) {
			if (!(error instanceof LinkError)) throw error;
			return false;
		}
	}

	return {
		async use(next) {
			if (JSON.stringify(next) !== JSON.stringify(target)) {
				const bridge = target?.bridge;
				if (!next) table = undefined;
				target = next;
				written.save();
				if (!next && bridge !== undefined) {
					await bring();
					await inOrder(() => podKernel.clear(bridge)).catch((error: unknown) =>
						log.warn("the bridge of pods stays", { reason: messageOf(error) }),
					);
					return;
				}
			} else if (!next) return;
			await bring();
			questions.wake();
		},
		heard(other) {
			if (target && other !== digest()) questions.wake();
		},
		state: () => (trouble === "" ? { healthy: true } : { healthy: false, reason: trouble.slice(0, 512) }),
		destinations: () => brought,
		async run(link, signal) {
			questions.wake();
			for (let attempt = -1; !signal.aborted; ) {
				const quiet = REPAIR_MS * (1 + parts.random());
				await questions.wait(attempt < 0 ? quiet : backoff(RETRY, attempt, parts.random()), signal);
				if (signal.aborted || !link.connected() || !target) continue;
				attempt = (await ask(link)) ? -1 : attempt + 1;
			}
		},
		async watch(signal) {
			while (!signal.aborted) {
				await looks.wait(LOOK_MS, signal);
				if (!signal.aborted && target) await bring();
			}
		},
	};
}

function changed(table: readonly PodRoute[], { set, gone }: Extract<RoutesReply, { kind: "changes" }>): PodRoute[] {
	const next = new Map(table.map((route) => [route.nodeName, route]));
	for (const name of gone) next.delete(name);
	for (const route of set) next.set(route.nodeName, route);
	return [...next.values()];
}

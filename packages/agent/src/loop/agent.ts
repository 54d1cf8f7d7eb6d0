import { type CertifyOrder, certifyText, type Facts, type Hello } from "@rollcall/protocol";
import { type Connect, type Enroll, type FactsReader, type Keyring, type Link, LinkError } from "../ports.ts";
import type { ApplyParts } from "./apply.ts";
import { answerCommand } from "./commands.ts";
import { createJoiner } from "./joiner.ts";
import { type Keys, openPassport } from "./passport.ts";
import { renewCertificates } from "./renewal.ts";
import { createReporter } from "./reporter.ts";
import { runSession } from "./session.ts";
import { createTargetKeeper } from "./target-keeper.ts";
import { createWallet } from "./wallet.ts";

/** Facts of this age are as good as fresh ones, in milliseconds. */
const FRESH_MS = 1_000;
/** Between two looks at the boot id while fenced. */
const FENCED_MS = 60_000;
/** How long the first report waits for the first look at every component. */
const FIRST_ROUND_MS = 1_000;

/** All that an agent is made of. `ready` is called once its work has begun. */
export interface AgentParts extends Omit<ApplyParts, "wallet"> {
	readonly keyring: Keyring;
	/** Signs a text (Ed25519, base64) with the seed of this boot's identity. */
	readonly sign: (seed: string, text: string) => string;
	readonly facts: FactsReader;
	readonly enroll: Enroll;
	readonly connect: Connect;
	readonly random: () => number;
	readonly createKeys: () => Keys;
	readonly token: () => string | undefined;
	readonly dropToken: () => void;
	readonly ready: () => void;
	/** How long the bus may be unreachable before the agent enrolls again, in milliseconds; up to twice as long, at random. */
	readonly rejoinAfterMs: number;
}

/**
 * Runs an agent until `signal` is aborted, or until it finds itself in another boot than it began in (then it must be
 * started again). Takes up what ran before it without any coordinator. Throws only when the boot id cannot be read or its
 * state cannot be written.
 */
export async function runAgent(parts: AgentParts, signal: AbortSignal): Promise<"stopped" | "other-boot"> {
	const { clock, log, memory } = parts;
	const facts = freshFacts(parts);
	const { bootId } = await facts();
	const before = memory.identity()?.bootId;
	// The state folder outlived a boot, so what it says ran does not run any more.
	if (before !== undefined && before !== bootId) memory.forget("targets");
	const passport = openPassport(parts, bootId);

	const fenced = new AbortController();
	const fence = (reason: string) => {
		if (!fenced.signal.aborted) log.error("fenced: this boot stays silent from now on", { reason });
		fenced.abort();
	};
	let greet = () => {};
	let link: Link | undefined;
	const certify = async (order: CertifyOrder) => {
		if (!link) throw new LinkError("certify: not connected");
		const { seed } = passport.identity();
		return await link.certify({ order, signature: parts.sign(seed, certifyText(order)) });
	};
	const wallet = createWallet({ ...parts, bootId, certify, fenced: fence });
	const reporter = createReporter({
		...parts,
		fenced: fence,
		ready: () => firstReport,
		state: () => {
			const standing = keeper.standing();
			const progress = standing ? { progress: standing.progress } : {};
			return { bootId, generation: standing?.generation ?? 0, ...progress, health: keeper.health() };
		},
	});
	const keeper = createTargetKeeper({ ...parts, wallet, changed: reporter.ring, machineId: passport.machineId });
	const started = keeper.start();
	const firstReport = Promise.race([started.then(keeper.firstRound), clock.sleep(FIRST_ROUND_MS, signal)]);
	void firstReport.then(() => {
		if (keeper.standing()) reporter.ring();
	});

	const hello = async (): Promise<Hello> => {
		const running = keeper.running();
		return {
			bootId,
			publicKey: passport.identity().publicKey,
			facts: await facts(),
			generation: running?.target.generation ?? 0,
			renew: passport.renewalDue(),
			...(running ? { digest: running.target.digest, proof: running.proof } : {}),
		};
	};
	const joiner = createJoiner({ ...parts, facts, passport, running: keeper.running });
	const commandParts = { ...parts, keeper, passport, uptimeSeconds: () => process.uptime(), changed: () => greet() };
	parts.ready();
	const live = AbortSignal.any([signal, fenced.signal]);
	const renewing = renewCertificates({ ...parts, wallet, keeper }, live);
	await runSession(
		{
			...parts,
			passport,
			joiner,
			keeper,
			reporter,
			hello,
			fence,
			command: (command) => answerCommand(commandParts, command),
			onLink: (now) => {
				link = now;
			},
			onGreeter: (ring) => {
				greet = ring;
			},
		},
		live,
	);
	await renewing;
	while (!signal.aborted) {
		if ((await parts.facts.read()).bootId !== bootId) {
			await keeper.stop();
			return "other-boot";
		}
		await clock.sleep(FENCED_MS, signal);
	}
	await keeper.stop();
	return "stopped";
}

function freshFacts({ facts, clock }: Pick<AgentParts, "facts" | "clock">): () => Promise<Facts> {
	let last: { at: number; facts: Facts } | undefined;
	return async () => {
		if (last && clock.monotonic() - last.at < FRESH_MS) return last.facts;
		last = { at: clock.monotonic(), facts: await facts.read() };
		return last.facts;
	};
}

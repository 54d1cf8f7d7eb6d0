import type { Fleet, Input } from "@rollcall/coordinator/simulator";
import { EMPTY_FLEET, record } from "@rollcall/coordinator/simulator";
import { firstEvents, parseDocument, renderedTargets, takeTurn } from "@rollcall/coordinator/trials";
import {
	type BootId,
	type Digest,
	type Event,
	type Facts,
	type MachineId,
	sha256Of,
	type Trust,
	type UserPublicKey,
} from "@rollcall/protocol";
import { factsOf, HEALTHY, newKey } from "./seed-machine.ts";

/** As many inputs as one turn of a real loop takes. */
const PER_TURN = 256;

/** A machine that the log knows, and what its agent would say. */
export interface SeededMachine {
	readonly machineId: MachineId;
	readonly bootId: BootId;
	readonly publicKey: UserPublicKey;
	/** Of its key. */
	readonly seed: string;
	readonly facts: Facts;
	readonly generation: number;
	readonly digest: Digest;
}

/** The entries of a log in which so many machines enrolled, were assigned, and reported that they are ready. */
export function eventsOfReadyFleet(wish: { count: number; document: string; adminTokenHash: Digest; trust: Trust }): {
	readonly entries: readonly (readonly Event[])[];
	readonly machines: readonly SeededMachine[];
} {
	const { summarize } = renderedTargets();
	const seeds = new Map<UserPublicKey, string>();
	const key = (): UserPublicKey => {
		const { seed, publicKey } = newKey();
		seeds.set(publicKey, seed);
		return publicKey;
	};
	const entries: (readonly Event[])[] = [];
	let fleet: Fleet = EMPTY_FLEET;
	const turn = (inputs: readonly Input[]): void => {
		const at = Date.now();
		const taken = takeTurn({
			fleet,
			inputs,
			observed: { at, listeningSince: at, lastHeard: new Map() },
			summarize,
			keep: () => true,
			decideAnyway: true,
		});
		fleet = taken.fleet;
		if (taken.events.length > 0) entries.push(taken.events);
	};
	const parsed = parseDocument(wish.document);
	if (!parsed.ok) throw new Error(parsed.problem.message);
	const { document, digest } = parsed;
	const now = Date.now();
	const first = firstEvents(
		{ hadLog: false, document: { document, digest }, adminTokenHash: wish.adminTokenHash },
		now,
	);
	const begun = record(
		fleet,
		[...first, { type: "trust-changed", trust: wish.trust, reason: "the fleet's own keys" }],
		now,
	);
	fleet = begun.fleet;
	entries.push(begun.events);
	for (let from = 0; from < wish.count; from += PER_TURN) {
		const numbers = Array.from({ length: Math.min(PER_TURN, wish.count - from) }, (_, index) => from + index);
		turn(numbers.map(createToken));
		turn(numbers.map((number) => enroll(number, key())));
	}
	for (const sequence of [0, 1]) {
		const all = [...fleet.machines.values()];
		for (let from = 0; from < all.length; from += PER_TURN) {
			turn(
				all.slice(from, from + PER_TURN).map(({ machineId, bootId, generation }) => ({
					kind: "report",
					machineId,
					report: {
						bootId,
						sequence,
						generation,
						progress: { state: sequence === 0 ? "applying" : "applied" },
						health: sequence === 0 ? [] : HEALTHY,
					},
				})),
			);
		}
	}
	const machines = [...fleet.machines.values()].map(({ machineId, bootId, publicKey, facts, target }) => {
		if (target?.progress !== "applied") throw new Error(`machine ${machineId} is not ready in the seeded log`);
		const seed = seeds.get(publicKey) ?? "";
		return { machineId, bootId, publicKey, seed, facts, generation: target.generation, digest: target.digest };
	});
	return { entries, machines };
}

function tokenHash(number: number): Digest {
	return sha256Of(`bench token ${number}`);
}

function createToken(number: number): Input {
	const tokenId = `bench-${number}`;
	return { kind: "create-token", tokenId, hash: tokenHash(number), scope: "enroll", labels: {}, by: "bench" };
}

function enroll(number: number, publicKey: UserPublicKey): Input {
	const request = { publicKey, facts: factsOf(number) };
	return { kind: "enroll", request, tokenHash: tokenHash(number), proofValid: false, remote: "127.0.0.1" };
}

import type { Problem, Timestamp, Trust } from "@rollcall/protocol";
import { encryptionKeys, mustRewrite, snapshotWithout } from "../certificates/rotation.ts";
import { isoDateOf } from "../clocks/log-clock.ts";
import { snapshotText } from "../etcd/snapshot-text.ts";
import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, fenced, notEnrolled, refuse, rejected } from "./verdict.ts";

/** A certificate was issued to an operator. */
export function operatorCertificate(_fleet: Fleet, input: InputOf<"operator-certificate">): Verdict {
	return accept([{ type: "operator-certificate-issued", certificate: input.certificate, by: input.by }]);
}

/** Why keys cannot be changed now, whatever is to become of them; undefined when they can. */
export function keysAreFixed(fleet: Fleet, at: Timestamp): Problem | undefined {
	if (at >= fleet.recoverUntil) return undefined;
	const until = isoDateOf(fleet, fleet.recoverUntil);
	return {
		code: "not-ready",
		message: `the coordinator lost its log, and until ${until} machines prove what they hold; nobody knows yet who would believe other keys`,
		next: `ask again after ${until}`,
		path: "fleet.recoverUntil",
	};
}

/**
 * Other keys are believed from now on. Of two changes that know the same state, the second is refused; so is one that forgets a
 * key that Secrets may still be encrypted with.
 */
export function changeTrust(fleet: Fleet, input: InputOf<"change-trust">, at: Timestamp): Verdict {
	const fixed = keysAreFixed(fleet, at);
	if (fixed) return refuse(fixed);
	if ((fleet.trust?.seq ?? 0) !== input.after) {
		return refuse({
			code: "conflict",
			message: "somebody else changed whom the machines believe in the meantime",
			next: "look at `rollcall certs`, and ask again",
		});
	}
	const kept = new Set(encryptionKeys(input.trust));
	const forgotten = fleet.trust && encryptionKeys(fleet.trust.trust).some((key) => !kept.has(key));
	if (forgotten && (mustRewrite(fleet) || !kept.has(fleet.trust.trust.encryption))) return refuse(NOT_REWRITTEN);
	const needed = snapshotNeeds(fleet, input.trust);
	if (needed) return refuse(needed);
	const cause = fleet.trust?.seq;
	return accept([
		{ type: "trust-changed", trust: input.trust, reason: input.reason, ...(cause === undefined ? {} : { cause }) },
	]);
}

/** The last step for the key of Secrets has to wait. */
export const NOT_REWRITTEN: Problem = {
	code: "conflict",
	message: "Secrets in etcd may still be encrypted with the old key; the coordinator writes them anew",
	next: "wait for the event secrets-rewritten, and ask again; for it the API has to answer, with all its servers ready since they got the new key",
};

/** A snapshot whose Secrets nobody could read any more, if only these keys were left; undefined when there is none. */
export function snapshotNeeds(fleet: Fleet, trust: Trust): Problem | undefined {
	const snapshot = snapshotWithout(fleet, trust);
	return (
		snapshot && {
			code: "conflict",
			message: `${snapshotText(snapshot)} may hold Secrets that only the old key can read`,
			next: `wait until newer snapshots took its place, or give it up: rollcall etcd forget ${snapshot.sha256.slice("sha256:".length, "sha256:".length + 12)}`,
		}
	);
}

/** What was written with a key that is not the one of now says nothing. */
export function secretsRewritten(fleet: Fleet, { key, secrets }: InputOf<"secrets-rewritten">): Verdict {
	if (!mustRewrite(fleet) || fleet.trust?.trust.encryption !== key) return accept([]);
	return accept([{ type: "secrets-rewritten", key, secrets, cause: fleet.trust.seq }]);
}

/**
 * A boot of a machine is to get certificates for the target that it was given. Whoever is not the live boot, or asks for
 * another target, gets none. Asked twice: when the order comes, and when what was signed for it is recorded.
 */
export function certify(
	fleet: Fleet,
	input: Pick<InputOf<"certify">, "machineId" | "bootId" | "generation" | "digest" | "certificates">,
): Verdict {
	const { machineId, bootId, generation, digest } = input;
	const machine = fleet.machines.get(machineId);
	if (!machine) return notEnrolled(machineId, bootId);
	if (machine.approval === "rejected") return refuse(rejected(machine));
	if (machine.fenced.includes(bootId)) return fenced(machine, bootId);
	if (machine.bootId !== bootId) return notEnrolled(machineId, bootId);
	const { seat, target } = machine;
	const holds = seat && target?.bootId === bootId && target.generation === generation && target.digest === digest;
	if (!holds) {
		return refuse({
			code: "conflict",
			message: `machine ${machineId} asks for certificates of generation ${generation}, which is not its target`,
			next: "say hello, and ask for those of the newest target",
			machineId,
			path: "generation",
		});
	}
	if (input.certificates.length === 0) return accept([]);
	return accept([
		{
			type: "certificates-issued",
			machineId,
			bootId,
			generation,
			certificates: [...input.certificates],
			cause: target.seq,
		},
	]);
}

/** Other authorities of the listeners are believed, or another one signs. Of two changes that know the same state, the second is refused. */
export function changeListeners(fleet: Fleet, input: InputOf<"change-listeners">, at: Timestamp): Verdict {
	const fixed = keysAreFixed(fleet, at);
	if (fixed) return refuse(fixed);
	if ((fleet.listeners?.seq ?? 0) !== input.after)
		return refuse({
			code: "conflict",
			message: "somebody else changed the listeners' authority in the meantime",
			next: "look at `rollcall certs`, and ask again",
		});
	const cause = fleet.listeners?.seq;
	const { listeners, reason } = input;
	return accept([{ type: "listeners-changed", listeners, reason, ...(cause === undefined ? {} : { cause }) }]);
}

/** Boots have confirmed whom they believe. What was said by another boot, or of another change, says nothing. */
export function listenersBelieved(fleet: Fleet, { since, machines }: InputOf<"listeners-believed">): Verdict {
	if (fleet.listeners?.since !== since) return accept([]);
	const said = machines.filter(({ machineId, bootId }) => {
		const machine = fleet.machines.get(machineId);
		const known = machine?.listenersKnown;
		return machine?.bootId === bootId && !(known?.bootId === bootId && known.since === since);
	});
	if (said.length === 0) return accept([]);
	return accept([{ type: "listeners-believed", since, machines: said, cause: fleet.listeners.seq }]);
}

import type { AuthorityName, Trust } from "@rollcall/protocol";
import type { Fleet, Machine } from "./fleet.ts";

/** prepare: the new keys are believed beside the old ones. sign: the new ones sign. finish: the old ones are believed no more. */
export type RotationStep = "prepare" | "sign" | "finish";
export type Rotated = "authorities" | "service-accounts";

const AUTHORITIES: readonly AuthorityName[] = ["cluster", "front-proxy", "etcd"];

/** What is to be done next to change keys, by what is believed now. The newest stands last. */
export function nextStep(trust: Trust, what: Rotated): RotationStep {
	const { cluster } = trust.authorities;
	const [all, signing] =
		what === "authorities"
			? [cluster.certificates, cluster.signing]
			: [trust.serviceAccounts.keys, trust.serviceAccounts.signing];
	if (all.length === 1) return "prepare";
	return all.at(-1)?.fingerprint === signing ? "finish" : "sign";
}

/** Whom to believe after the next step. `fresh`: keys that are new, for `prepare`. */
export function rotated(trust: Trust, what: Rotated, fresh: Trust): Trust {
	const step = nextStep(trust, what);
	if (what === "service-accounts") {
		const { keys, signing } = trust.serviceAccounts;
		const serviceAccounts = change({ all: keys, signing }, step, fresh.serviceAccounts.keys);
		return { ...trust, serviceAccounts: { keys: serviceAccounts.all, signing: serviceAccounts.signing } };
	}
	const authorities = Object.fromEntries(
		AUTHORITIES.map((name) => {
			const { certificates, signing } = trust.authorities[name];
			const next = change({ all: certificates, signing }, step, fresh.authorities[name].certificates);
			return [name, { certificates: next.all, signing: next.signing }];
		}),
	) as Trust["authorities"];
	return { ...trust, authorities };
}

interface Keys<K> {
	readonly all: readonly K[];
	readonly signing: Trust["encryption"];
}

function change<K extends { readonly fingerprint: Trust["encryption"] }>(
	now: Keys<K>,
	step: RotationStep,
	fresh: readonly K[],
): { all: K[]; signing: Trust["encryption"] } {
	if (step === "prepare") return { all: [...now.all, ...fresh.slice(0, 1)], signing: now.signing };
	const newest = now.all.at(-1)?.fingerprint ?? now.signing;
	if (step === "sign") return { all: [...now.all], signing: newest };
	return { all: now.all.filter(({ fingerprint }) => fingerprint === now.signing), signing: now.signing };
}

/**
 * The machine that has not followed the last step yet, or undefined: with a step more, it would believe nobody that the
 * others believe. A lost machine comes back with an empty memory and needs no waiting for.
 */
export function notFollowed(fleet: Fleet): Machine | undefined {
	return [...fleet.machines.values()].find(
		({ seat, lease, target }) => seat !== undefined && lease !== "lost" && target?.progress !== "applied",
	);
}

import type { AuthorityName, Trust } from "@rollcall/protocol";
import { byMachineId } from "./drafts.ts";
import type { Fleet, Machine } from "./fleet.ts";
import type { SummaryIfKnown } from "./observed.ts";

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
 * The machines that may not believe yet what the fleet's keys are since their last change, sorted by id: with a step more, they
 * would believe nobody that the others believe. Lost ones count too, since one that was only cut off goes on with what it
 * holds; what is gone for good has to be removed. A target from before the change will do where the change means nothing to
 * it, and what it means now is not known counts as behind.
 */
export function behind(fleet: Fleet, summarize: SummaryIfKnown): Machine[] {
	const since = fleet.trust?.seq ?? 0;
	const follows = (machine: Machine): boolean => {
		const { seat, target, bootId, approval, impossible } = machine;
		if (!seat || approval !== "approved") return true;
		if (impossible !== undefined || target?.bootId !== bootId || target.progress !== "applied") return false;
		if (target.seq > since) return true;
		const summary = summarize(fleet, machine, seat);
		return summary?.ok === true && summary.digest === target.digest;
	};
	return [...fleet.machines.values()].filter((machine) => !follows(machine)).sort(byMachineId);
}

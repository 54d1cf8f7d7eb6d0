import {
	type AuthorityName,
	type Digest,
	dayText,
	type EtcdSnapshot,
	type Rotated,
	type Timestamp,
	type Trust,
} from "@rollcall/protocol";
import { byMachineId } from "../drafts.ts";
import type { Fleet, Machine } from "../fleet.ts";
import type { SummaryIfKnown } from "../observed.ts";
import { isSettled } from "../targets/rollout.ts";
import { AUTHORITY_LIFE_MS, authorityValidity } from "./authority-life.ts";

/** prepare: the new keys are believed beside the old ones. sign: the new ones sign. finish: the old ones are believed no more. */
export type RotationStep = "prepare" | "sign" | "finish";
/** `secrets`: the key that Secrets are encrypted with in etcd. It signs nothing: what it encrypts is read with all that are believed. */
export const ROTATED = ["authorities", "service-accounts", "secrets"] as const satisfies Rotated[];

export const AUTHORITIES: readonly AuthorityName[] = ["cluster", "front-proxy", "etcd"];
/** How long before their end authorities are replaced, in milliseconds: a tenth of their life. */
const RENEWED_BEFORE_MS = AUTHORITY_LIFE_MS / 10;

interface Keys<K> {
	readonly all: readonly K[];
	readonly signing: Digest;
}

/** True while an authority is believed for the cluster whose key control planes were given, as they were before the coordinator signed for them. */
export function authorityWasShared({ trust }: Fleet): boolean {
	return trust?.trust.authorities.cluster.certificates.some(({ kept }) => !kept) ?? false;
}

/** All keys that Secrets are read with, the newest last. */
export function encryptionKeys({ encryption, encryptionKeys: all }: Trust): readonly Digest[] {
	return all ?? [encryption];
}

function keysOf(trust: Trust, what: Rotated): Keys<Digest> {
	if (what === "secrets") return { all: encryptionKeys(trust), signing: trust.encryption };
	const { cluster } = trust.authorities;
	const { signing } = what === "authorities" ? cluster : trust.serviceAccounts;
	const all = what === "authorities" ? cluster.certificates : trust.serviceAccounts.keys;
	return { all: all.map(({ fingerprint }) => fingerprint), signing };
}

/** What is to be done next to change keys, by what is believed now. The newest stands last. */
export function nextStep(trust: Trust, what: Rotated): RotationStep {
	return stepOf(keysOf(trust, what));
}

/** The same of keys as such. */
export function stepOf({ all, signing }: Keys<Digest>): RotationStep {
	if (all.length === 1) return "prepare";
	return all.at(-1) === signing ? "finish" : "sign";
}

/** Whom to believe after the next step. `fresh`: keys that are new, for `prepare`. */
export function rotated(trust: Trust, what: Rotated, fresh: Trust): Trust {
	const step = nextStep(trust, what);
	if (what === "secrets") {
		const { encryptionKeys: _, ...rest } = trust;
		const named = encryptionKeys(trust).map((fingerprint) => ({ fingerprint }));
		const { all, signing } = change({ all: named, signing: trust.encryption }, step, [
			{ fingerprint: fresh.encryption },
		]);
		const keys = all.map(({ fingerprint }) => fingerprint);
		return { ...rest, encryption: signing, ...(keys.length > 1 ? { encryptionKeys: keys } : {}) };
	}
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

function change<K extends { readonly fingerprint: Digest }>(
	now: Keys<K>,
	step: RotationStep,
	fresh: readonly K[],
): { all: K[]; signing: Digest } {
	if (step === "prepare") return { all: [...now.all, ...fresh.slice(0, 1)], signing: now.signing };
	const newest = now.all.at(-1)?.fingerprint ?? now.signing;
	if (step === "sign") return { all: [...now.all], signing: newest };
	return { all: now.all.filter(({ fingerprint }) => fingerprint === now.signing), signing: now.signing };
}

/** True while Secrets may be left in etcd that only an older key can read: the newest one writes, and not all were written anew. */
export function mustRewrite({ trust }: Fleet): boolean {
	if (!trust || nextStep(trust.trust, "secrets") !== "finish") return false;
	return trust.rewritten !== trust.trust.encryption;
}

/** The keys that Secrets in etcd may be encrypted with just now. */
export function keysInUse(fleet: Fleet): readonly Digest[] {
	const { trust, rewritten } = fleet.trust ?? {};
	if (!trust) return [];
	const all = encryptionKeys(trust);
	// A key that is believed and writes nothing yet may write as soon as the next step is done.
	return rewritten === trust.encryption ? all.slice(all.indexOf(rewritten)) : all;
}

/** A snapshot of etcd whose Secrets nobody could read any more with these keys alone; the oldest one. */
export function snapshotWithout(fleet: Fleet, trust: Trust): EtcdSnapshot | undefined {
	const { kept = [], choice, restoring } = fleet.snapshots ?? {};
	const all = [...kept, ...(typeof choice === "object" ? [choice] : []), ...(restoring ? [restoring.snapshot] : [])];
	const left = new Set(encryptionKeys(trust));
	const forgotten = new Set(fleet.trust ? encryptionKeys(fleet.trust.trust).filter((key) => !left.has(key)) : []);
	return all.find(({ secretsKeys }) => secretsKeys.some((key) => forgotten.has(key)));
}

/**
 * The step that is due by itself at this time, since authorities end: new ones are believed and sign when a tenth of the life
 * of the old ones is left. These are believed until their end, so that nothing that they signed ends before it says.
 */
export function dueRenewal(
	trust: Trust,
	at: Timestamp,
): { readonly step: RotationStep; readonly reason: string } | undefined {
	const step = nextStep(trust, "authorities");
	const all = AUTHORITIES.flatMap((name) => {
		const { certificates, signing } = trust.authorities[name];
		return certificates.filter(({ fingerprint }) => step === "prepare" || step === "sign" || fingerprint !== signing);
	});
	// A machine that has not begun has signed nothing that anybody uses.
	const ends = all.map((one) =>
		step === "finish" && authorityValidity(one, at) === "not-yet-valid" ? at : one.notAfter,
	);
	if (step === "finish") {
		const end = Math.max(...ends);
		return at >= end
			? { step, reason: `the old authorities ended on ${dayText(end)} (authorities: finish)` }
			: undefined;
	}
	const end = Math.min(...ends);
	if (at < end - RENEWED_BEFORE_MS) return undefined;
	return { step, reason: `the authorities end on ${dayText(end)}, and others take their place (authorities: ${step})` };
}

/**
 * The machines that may not believe yet what the fleet's keys are since their last change, sorted by id: with a step more, they
 * would believe nobody that the others believe. Lost ones count too, since one that was only cut off goes on with what it
 * holds; what is gone for good has to be removed. A target from before the change will do where the change means nothing to
 * it, and what it means now is not known counts as behind. So does a control plane whose programs may not have begun anew.
 */
export function behind(fleet: Fleet, summarize: SummaryIfKnown, at: Timestamp): Machine[] {
	const since = fleet.trust?.seq ?? 0;
	const follows = (machine: Machine): boolean => {
		const { seat, target, bootId, approval, impossible } = machine;
		if (!seat || approval !== "approved") return true;
		if (impossible !== undefined || target?.bootId !== bootId || target.progress !== "applied") return false;
		if (target.seq > since) return isSettled(machine, at);
		const summary = summarize(fleet, machine, seat);
		return summary?.ok === true && summary.digest === target.digest;
	};
	return [...fleet.machines.values()].filter((machine) => !follows(machine)).sort(byMachineId);
}

import {
	type AuthorityName,
	type Digest,
	dayText,
	type Exposure,
	type Rotated,
	type TargetContent,
	type Timestamp,
	type Trust,
} from "@rollcall/protocol";
import type { Fleet, Machine } from "../fleet.ts";
import {
	authorityWasShared,
	encryptionKeys,
	mustRewrite,
	nextStep,
	ROTATED,
	type RotationStep,
	rotated,
	snapshotWithout,
} from "./rotation.ts";

const AUTHORITIES: readonly AuthorityName[] = ["cluster", "front-proxy", "etcd"];

/**
 * The keys that are to be believed no more when a machine is in other hands: those of the authorities that signed a certificate that it
 * holds, since nobody can take one back; and, of one that ever was a control plane, what control planes share and the authorities of all
 * that it was given then.
 */
export function heldKeys(fleet: Fleet, machine: Machine, at: Timestamp): Digest[] {
	const trust = fleet.trust?.trust;
	if (!trust) return [];
	const held = new Set<Digest>();
	for (const { authority, notAfter } of machine.certified?.certificates ?? []) if (notAfter > at) held.add(authority);
	if (wasControlPlane(machine)) {
		for (const name of AUTHORITIES) held.add(trust.authorities[name].signing);
		if (authorityWasShared(fleet))
			for (const { fingerprint } of trust.authorities.cluster.certificates) held.add(fingerprint);
		held.add(trust.serviceAccounts.signing);
		if (encrypts(fleet)) for (const key of encryptionKeys(trust)) held.add(key);
	}
	return [...held].filter((key) => ROTATED.some((what) => namesKey(trust, what, key)));
}

/** What a machine could have read and used, in words; what the coordinator changes because of it; and what is left to people. */
export function exposureOf(
	fleet: Fleet,
	machine: Machine,
	{ content, at }: { readonly content: TargetContent | undefined; readonly at: Timestamp },
): Exposure {
	const trust = fleet.trust?.trust;
	const keys = heldKeys(fleet, machine, at);
	const node = machine.seat?.nodeName ?? machine.leaving?.nodeName;
	const certificates = (machine.certified?.certificates ?? []).filter(({ notAfter }) => notAfter > at);
	const passwords = (content?.secrets ?? []).map(({ name }) => name).filter((name) => name.startsWith(REGISTRY));
	const files = (content?.files ?? []).filter(({ sensitive }) => sensitive).map(({ path }) => path);
	const controlPlane = wasControlPlane(machine);
	const couldRead = [
		...(controlPlane
			? [
					"everything in the cluster's API and in etcd, all Secrets included",
					"the key of service account tokens, and the key of Secrets in etcd",
					...(authorityWasShared(fleet) ? ["the key of the cluster's authority"] : []),
				]
			: []),
		...(machine.etcdMemory?.is && !controlPlane
			? ["everything in etcd; Secrets are encrypted there, unless encryptionAtRest is off"]
			: []),
		...(node ? [`Secrets, ConfigMaps and tokens of the pods on ${node}`] : []),
		...certificates.map(
			({ name, subject, notAfter }) => `certificate ${name} (${subject}), good until ${dayText(notAfter)}`,
		),
		...passwords.map((name) => `the password of a mirror (${name})`),
		...files.map((path) => `${path}, which the cluster document marks as sensitive`),
	];
	const changes = trust ? ROTATED.filter((what) => keys.some((key) => namesKey(trust, what, key))) : [];
	const yours = [
		...(controlPlane
			? ["change what all Secrets of the cluster hold: passwords and keys for others"]
			: node
				? [
						`change what the Secrets of the pods on ${node} hold: kubectl get pods --all-namespaces --field-selector spec.nodeName=${node}`,
					]
				: []),
		...(changes.includes("authorities")
			? [
					"start your own pods that ask the API anew, when the event trust-changed says authorities: sign: kubectl rollout restart; those of the add-ons do so by themselves",
					"give people new kubeconfigs (rollcall kubeconfig): those of before reach no API server from then on",
				]
			: []),
		...(passwords.length > 0 ? ["give the mirrors other passwords (registryAccountFolder)"] : []),
		...(files.length > 0 ? ["change what the sensitive files of its role hold, and apply the document"] : []),
		"find out how it was taken over before it is admitted again",
	];
	return {
		couldRead: couldRead.slice(0, MOST).map((one) => one.slice(0, 512)),
		changes,
		yours: yours.slice(0, MOST),
	};
}

/** Lines that an exposure has at most. */
const MOST = 64;
/** The names of secrets that hold passwords of mirrors begin with this. */
const REGISTRY = "registry-";

/** Which of the fleet's keys are still believed although a machine in other hands held them. */
export function exposedKinds(fleet: Fleet): Rotated[] {
	const trust = fleet.trust?.trust;
	return trust ? ROTATED.filter((what) => fleet.exposed?.some((key) => namesKey(trust, what, key))) : [];
}

/** The exposed keys that are left once these keys are believed. */
export function stillExposed(exposed: readonly Digest[] | undefined, trust: Trust): readonly Digest[] | undefined {
	const left = exposed?.filter((key) => ROTATED.some((what) => namesKey(trust, what, key)));
	return left && left.length > 0 ? left : undefined;
}

/**
 * The steps that lead away from exposed keys and can be done now, all kinds at once. A step for the key of Secrets waits until nothing
 * needs the old one.
 */
export function dueSteps(fleet: Fleet): { readonly what: Rotated; readonly step: RotationStep }[] {
	const trust = fleet.trust?.trust;
	if (!trust) return [];
	return exposedKinds(fleet).flatMap((what) => {
		const step = nextStep(trust, what);
		const waits =
			what === "secrets" &&
			step === "finish" &&
			(mustRewrite(fleet) || snapshotWithout(fleet, rotated(trust, what, trust)) !== undefined);
		return waits ? [] : [{ what, step }];
	});
}

function wasControlPlane({ seat, leaving, sharedKeys }: Machine): boolean {
	return sharedKeys === true || seat?.role === "control-plane" || leaving?.role === "control-plane";
}

function encrypts(fleet: Fleet): boolean {
	return fleet.cluster?.document.kubernetes.encryptionAtRest ?? true;
}

function namesKey(trust: Trust, what: Rotated, key: Digest): boolean {
	if (what === "secrets") return encryptionKeys(trust).includes(key);
	if (what === "service-accounts") return trust.serviceAccounts.keys.some(({ fingerprint }) => fingerprint === key);
	return AUTHORITIES.some((name) =>
		trust.authorities[name].certificates.some(({ fingerprint }) => fingerprint === key),
	);
}

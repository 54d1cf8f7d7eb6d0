import type { EventOf } from "@rollcall/protocol";
import { stillExposed } from "../certificates/exposure.ts";
import type { OperatorCertificate } from "../certificates/operator-certificate.ts";
import { COORDINATOR, type Fleet, MAX_OPERATOR_CERTIFICATES } from "../fleet.ts";
import { changeMachine } from "./touch.ts";

/** Machines believe these keys from now on. Keys that were in other hands count as such for as long as they are believed. */
export function applyTrust(fleet: Fleet, event: EventOf<"trust-changed">): Fleet {
	const rewritten = fleet.trust?.rewritten;
	const exposed = stillExposed(fleet.exposed, event.trust);
	return { ...fleet, exposed, trust: { trust: event.trust, seq: event.seq, ...(rewritten ? { rewritten } : {}) } };
}

/** All Secrets in etcd are encrypted with this key. */
export function applySecretsRewritten(fleet: Fleet, { key }: EventOf<"secrets-rewritten">): Fleet {
	return fleet.trust ? { ...fleet, trust: { ...fleet.trust, rewritten: key } } : fleet;
}

/** The newest certificate of each name replaces the one before; those of an earlier boot went with its memory. */
export function applyCertified(fleet: Fleet, event: EventOf<"certificates-issued">): Fleet {
	return changeMachine(fleet, event, (machine) => {
		if (machine.bootId !== event.bootId) return undefined;
		const known = machine.certified?.bootId === event.bootId ? machine.certified : undefined;
		const before = known?.certificates ?? [];
		const names = new Set(event.certificates.map(({ name }) => name));
		const certificates = [...before.filter(({ name }) => !names.has(name)), ...event.certificates];
		return {
			...machine,
			certified: {
				...known,
				bootId: event.bootId,
				certificates: certificates.sort((a, b) => (a.name < b.name ? -1 : 1)),
			},
		};
	});
}

/** Certificates of the live boot are not valid by its wall clock, or are again. */
export function applyValidity(fleet: Fleet, event: EventOf<"certificate-validity-changed">): Fleet {
	return changeMachine(fleet, event, (machine) => {
		const { certified } = machine;
		if (machine.bootId !== event.bootId || certified?.bootId !== event.bootId) return undefined;
		const { validity, names } = event;
		return { ...machine, certified: { ...certified, invalid: validity === "valid" ? undefined : { validity, names } } };
	});
}

/** Records a certificate. The coordinator gets one every hour: its newest replaces the one before, so that they do not push out those of people. */
export function applyOperatorCertificate(fleet: Fleet, event: EventOf<"operator-certificate-issued">): Fleet {
	const { certificate, by } = event;
	const replaced = (one: OperatorCertificate): boolean =>
		by === COORDINATOR && one.by === by && one.certificate.name === certificate.name;
	const all = [...fleet.operatorCertificates.filter((one) => !replaced(one)), { certificate, by }];
	return { ...fleet, operatorCertificates: all.slice(-MAX_OPERATOR_CERTIFICATES) };
}

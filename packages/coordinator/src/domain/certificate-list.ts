import type { CertificateView, IssuedCertificate, Timestamp, Trust } from "@rollcall/protocol";
import { byMachineId } from "./drafts.ts";
import type { Fleet, Machine } from "./fleet.ts";

/** All certificates that are in use, as far as the log knows: authorities, those of live boots, and those of operators. */
export function certificateList(fleet: Fleet, now: Timestamp): CertificateView[] {
	const trust = fleet.trust?.trust;
	if (!trust) return [];
	const nodes = [...fleet.machines.values()].sort(byMachineId).flatMap((machine) => ofMachine(machine, trust, now));
	const operators = fleet.operatorCertificates.map(({ certificate, by }) => ({
		kind: "operator" as const,
		by,
		...view(certificate, trust, now),
	}));
	return [...authorities(trust, now), ...nodes, ...operators];
}

function authorities(trust: Trust, now: Timestamp): CertificateView[] {
	return (["cluster", "front-proxy", "etcd"] as const).flatMap((name) => {
		const { signing, certificates } = trust.authorities[name];
		return certificates.map(({ fingerprint, notAfter }) => ({
			kind: "authority" as const,
			name,
			signer: name,
			subject: name,
			fingerprint,
			expiresAt: iso(notAfter),
			state: notAfter <= now ? "expired" : fingerprint === signing ? "signing" : "believed",
		}));
	}) as CertificateView[];
}

function ofMachine(machine: Machine, trust: Trust, now: Timestamp): CertificateView[] {
	const { machineId, bootId, certified, seat } = machine;
	if (certified?.bootId !== bootId) return [];
	return certified.certificates.map((certificate) => ({
		kind: "node",
		machineId,
		bootId,
		...(seat ? { nodeName: seat.nodeName } : {}),
		...view(certificate, trust, now),
	}));
}

function view(
	certificate: IssuedCertificate,
	trust: Trust,
	now: Timestamp,
): Omit<CertificateView, "kind" | "machineId" | "nodeName" | "bootId" | "by"> {
	const { name, signer, authority, serial, subject, notBefore, notAfter } = certificate;
	const believed = trust.authorities[signer].certificates.some(({ fingerprint }) => fingerprint === authority);
	return {
		name,
		signer,
		subject,
		serial,
		issuedAt: iso(notBefore),
		expiresAt: iso(notAfter),
		state: !believed ? "disbelieved" : notAfter <= now ? "expired" : "valid",
	};
}

function iso(at: Timestamp): string {
	return new Date(Math.min(at, 8.64e15)).toISOString();
}

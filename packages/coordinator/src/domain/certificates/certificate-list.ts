import { type CertificateView, dateText, type IssuedCertificate, type Timestamp, type Trust } from "@rollcall/protocol";
import { byMachineId } from "../drafts.ts";
import type { Fleet, Machine } from "../fleet.ts";
import { authorityValidity } from "./authority-life.ts";
import { validityAt } from "./certified.ts";

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

/** The end of the last certificate of a machine's live boot that is valid at a date; undefined when none is. */
export function certifiedUntil({ bootId, certified }: Machine, now: Timestamp): Timestamp | undefined {
	if (certified?.bootId !== bootId) return undefined;
	const ends = certified.certificates.map(({ notAfter }) => notAfter).filter((end) => end > now);
	return ends.length > 0 ? Math.max(...ends) : undefined;
}

function authorities(trust: Trust, now: Timestamp): CertificateView[] {
	return (["cluster", "front-proxy", "etcd"] as const).flatMap((name) => {
		const { signing, certificates } = trust.authorities[name];
		return certificates.map((one) => {
			const validity = authorityValidity(one, now);
			const { fingerprint, notAfter } = one;
			const use = fingerprint === signing ? "signing" : "believed";
			return {
				kind: "authority" as const,
				name,
				signer: name,
				subject: name,
				fingerprint,
				expiresAt: dateText(notAfter),
				state: validity === "valid" ? use : validity,
			};
		});
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
		issuedAt: dateText(notBefore),
		expiresAt: dateText(notAfter),
		state: believed ? validityAt({ notBefore, notAfter }, now) : "disbelieved",
	};
}

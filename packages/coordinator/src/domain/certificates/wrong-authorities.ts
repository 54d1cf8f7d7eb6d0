import { type AuthorityCertificate, dayText, type Timestamp, type Trust } from "@rollcall/protocol";
import { isFarOff } from "../clocks/machine-clock.ts";
import type { Fleet } from "../fleet.ts";
import { authorityValidity } from "./authority-life.ts";
import { AUTHORITIES } from "./rotation.ts";

/** The most certificates of one authority that machines believe. */
const MAX_BELIEVED = 4;

/** Why authorities that sign can sign nothing at a date: they ended, or have not begun. Undefined when all are valid. */
export function authorityFault(trust: Trust, date: Timestamp): string | undefined {
	for (const name of AUTHORITIES) {
		const { signing, certificates } = trust.authorities[name];
		const signer = certificates.find(({ fingerprint }) => fingerprint === signing);
		const validity = signer ? authorityValidity(signer, date) : "valid";
		if (signer && validity !== "valid") {
			const state = validity === "expired" ? `ended on ${dayText(signer.notAfter)}` : "have not begun";
			return `the fleet's authorities ${state}, and it is ${dayText(date)} by the coordinator's clock`;
		}
	}
	return undefined;
}

/** True where one of those that are believed is valid for each authority: then no others are needed. */
export function hasValidAuthorities(trust: Trust, date: Timestamp): boolean {
	return AUTHORITIES.every((name) => validOf(trust.authorities[name].certificates, date) !== undefined);
}

/**
 * Whom to believe in place of authorities that are not valid at a date: the newest of those that are believed and valid sign, else `fresh`
 * ones. What was believed stays so: nothing that runs is cut off by a clock that turns out to be the wrong one. The signing one stands last.
 */
export function mendedTrust(trust: Trust, fresh: Trust, date: Timestamp): Trust {
	const known = hasValidAuthorities(trust, date);
	const authorities = Object.fromEntries(
		AUTHORITIES.map((name) => {
			const { certificates } = trust.authorities[name];
			const signer = (
				known ? validOf(certificates, date) : fresh.authorities[name].certificates.at(-1)
			) as AuthorityCertificate;
			const others = certificates.filter(({ fingerprint }) => fingerprint !== signer.fingerprint);
			return [name, { signing: signer.fingerprint, certificates: [...others.slice(1 - MAX_BELIEVED), signer] }];
		}),
	) as Trust["authorities"];
	return { ...trust, authorities };
}

/** Why the coordinator's clock is not to be acted on: most live machines say another date. Undefined when nothing speaks against it. */
export function clockDoubt(fleet: Fleet): string | undefined {
	const live = [...fleet.machines.values()].filter(
		({ lease, approval }) => lease !== "lost" && approval === "approved",
	);
	const other = live.filter(isFarOff);
	if (other.length * 2 <= live.length) return undefined;
	return `the clocks of ${other.length} of ${live.length} machines say another date`;
}

function validOf(certificates: readonly AuthorityCertificate[], date: Timestamp): AuthorityCertificate | undefined {
	return certificates.findLast((one) => authorityValidity(one, date) === "valid");
}

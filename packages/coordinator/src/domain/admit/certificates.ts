import type { Fleet } from "../fleet.ts";
import type { InputOf, Verdict } from "../inputs.ts";
import { accept, refuse } from "./verdict.ts";

/** A certificate was issued to an operator. */
export function operatorCertificate(_fleet: Fleet, input: InputOf<"operator-certificate">): Verdict {
	return accept([{ type: "operator-certificate-issued", certificate: input.certificate, by: input.by }]);
}

/** Other keys are believed from now on. Of two changes that know the same state, the second is refused. */
export function changeTrust(fleet: Fleet, input: InputOf<"change-trust">): Verdict {
	if ((fleet.trust?.seq ?? 0) !== input.after) {
		return refuse({
			code: "conflict",
			message: "somebody else changed whom the machines believe in the meantime",
			next: "look at `rollcall certs`, and ask again",
		});
	}
	const cause = fleet.trust?.seq;
	return accept([
		{ type: "trust-changed", trust: input.trust, reason: input.reason, ...(cause === undefined ? {} : { cause }) },
	]);
}

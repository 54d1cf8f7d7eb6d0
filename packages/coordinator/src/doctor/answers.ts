import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { distrustReason, systemReason } from "@rollcall/protocol";
import { type DoctorFinding, findingsOf } from "./finding.ts";
import type { Place } from "./places.ts";

const { ok, fail } = findingsOf("addresses");
const ANSWER_WITHIN_MS = 5_000;

/** Asks a coordinator that runs at the addresses that machines are told. A redirect is no answer. `authority`: whom it is believed by, PEM. */
export async function answerFindings(
	places: readonly Place[],
	authority: string | undefined,
): Promise<DoctorFinding[]> {
	if (authority) setDefaultCACertificates([...getCACertificates("default"), authority]);
	const asked = places.flatMap(({ what, url }) => {
		const base = url?.replace(/\/+$/, "");
		if (base === undefined || what === "message bus") return [];
		return what === "boot listener" ? [`${base}/boot.ipxe`] : [`${base}/readyz`];
	});
	return Promise.all(asked.map(one));
}

async function one(url: string): Promise<DoctorFinding> {
	const next = "look at the coordinator's log, and at what lies between: a firewall, or a proxy";
	try {
		const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
		const { ok: good, status, body } = await fetch(url, { redirect: "manual", signal });
		await body?.cancel();
		return good ? ok(`${url} answers`) : fail(`${url} answers with ${status}`, next);
	} catch (error) {
		const { cause = error } = error as Error;
		const distrust = distrustReason(cause);
		if (distrust === undefined) return fail(`${url} does not answer: ${systemReason(cause)}`, next);
		const named = "name the address in http.names, or find out who answers there";
		return fail(`${url} is not believed: ${distrust}`, named);
	}
}

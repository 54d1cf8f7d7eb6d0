import { randomBytes } from "node:crypto";
import {
	type Attestation,
	AttestReply,
	type AttestRequest,
	check,
	distrustReason,
	type EnrollClaim,
	EnrollReply,
	type EnrollRequest,
	enrolledText,
	enrollText,
	messageOf,
	Problem,
} from "@rollcall/protocol";
import { TpmError } from "../../errors.ts";
import type { Enroll, EnrollOutcome, Signing, Tpm } from "../../ports/enrollment.ts";
import { isSignedByOne, signWithSeed } from "../user-key.ts";
import { type HttpAnswer, postJson } from "./http.ts";

const TIMEOUT_MS = 10_000;

/** Enrolls over `POST /v1/enroll`, at each of the coordinators' base URLs in turn until one decides. `authority`: whom they are believed by now, PEM. */
export function createEnroll(
	coordinators: readonly string[],
	{
		authority,
		tpm,
		tell,
	}: { readonly authority?: () => string | undefined; readonly tpm?: Tpm; readonly tell?: (text: string) => void } = {},
): Enroll {
	let first = 0;
	return async (claim, by, signal) => {
		let last: EnrollOutcome = unreachable("no coordinator is configured");
		// Over TLS first, also after one without it has decided: it may have been switched on since.
		const order = [...coordinators.keys()]
			.map((turn) => (first + turn) % coordinators.length)
			.sort((a, b) => Number(isPlain(coordinators[a])) - Number(isPlain(coordinators[b])));
		for (const index of order) {
			if (signal.aborted) break;
			const base = coordinators[index] ?? "";
			const outcome = await askOne(base, { claim, by, authority: authority?.(), tpm, tell }, signal);
			if (outcome.ok || outcome.wait === "long") {
				// The coordinator that decided is asked first the next time.
				first = index;
				return outcome;
			}
			// One that has too much to do says when to come back; the next one may only follow it.
			if (last.ok || last.afterMs === undefined || outcome.afterMs !== undefined) last = outcome;
		}
		return last;
	};
}

function isPlain(base: string | undefined): boolean {
	return base?.startsWith("http:") === true;
}

interface Asking {
	readonly claim: EnrollClaim;
	readonly by: Signing;
	readonly authority: string | undefined;
	readonly tpm: Tpm | undefined;
	readonly tell: ((text: string) => void) | undefined;
}

/** No challenge now: the coordinator has too much to do, or does not lead. */
class AskAgain extends Error {
	readonly afterMs: number | undefined;

	constructor({ status, retryAfterMs }: Pick<HttpAnswer, "status" | "retryAfterMs">) {
		super(`v1/attest: status ${status}`);
		this.afterMs = status === 503 ? retryAfterMs : undefined;
	}
}

/** What the TPM answers to a challenge of this coordinator; undefined where it has none, or the TPM does not work. A release without challenges gives none. */
async function attested(
	base: string,
	{ claim, authority, tpm, tell }: Omit<Asking, "by">,
	signal: AbortSignal,
): Promise<Attestation | undefined> {
	const { publicKey, facts } = claim;
	const url = new URL("v1/attest", base.endsWith("/") ? base : `${base}/`);
	try {
		return await tpm?.attest(async (ek, ak) => {
			const request: AttestRequest = { publicKey, bootId: facts.bootId, ek, ak };
			const answer = await postJson(url, request, { timeoutMs: TIMEOUT_MS, signal, authority });
			if (answer.status === 200) return AttestReply.parse(answer.value);
			// One that has too much to do, or does not lead, is asked again: who enrolled without would have to wait for a person.
			if (![400, 401, 404].includes(answer.status)) throw new AskAgain(answer);
			tell?.(`the TPM is not used: ${base} gives it no challenge (status ${answer.status})`);
			return undefined;
		});
	} catch (error) {
		if (!(error instanceof TpmError)) throw error;
		tell?.(`the TPM is not used: ${error.message}`);
		return undefined;
	}
}

async function askOne(
	base: string,
	{ claim: said, by, authority, tpm, tell }: Asking,
	signal: AbortSignal,
): Promise<EnrollOutcome> {
	try {
		const attestation = await attested(base, { claim: said, authority, tpm, tell }, signal);
		const claim = attestation === undefined ? said : { ...said, attestation };
		const nonce = randomBytes(24).toString("base64url");
		const request: EnrollRequest = { ...claim, nonce, signature: signWithSeed(by.seed, enrollText(claim, nonce)) };
		const url = new URL("v1/enroll", base.endsWith("/") ? base : `${base}/`);
		const answer = await postJson(url, request, { timeoutMs: TIMEOUT_MS, signal, authority });
		if (answer.status === 200 || answer.status === 201) {
			const reply = check(EnrollReply, answer.value, `${base} v1/enroll`);
			if (!reply.ok) return { ok: false, problem: reply.problem, wait: "short" };
			const { signature, ...said } = reply.value;
			return isSignedByOne(by.signers, enrolledText(said, nonce), signature)
				? { ok: true, reply: reply.value }
				: { ok: false, problem: notOurs(base), wait: "long" };
		}
		const problem = Problem.safeParse(answer.value);
		const refused = answer.status >= 400 && answer.status < 500 && answer.status !== 429 && answer.status !== 408;
		const afterMs = answer.status === 503 ? answer.retryAfterMs : undefined;
		return problem.success
			? {
					ok: false,
					problem: problem.data,
					wait: refused ? "long" : "short",
					...(afterMs === undefined ? {} : { afterMs }),
				}
			: unreachable(`${base}: status ${answer.status}`);
	} catch (error) {
		if (error instanceof AskAgain) {
			const { afterMs } = error;
			return { ...unreachable(`${base}: ${error.message}`), ...(afterMs === undefined ? {} : { afterMs }) };
		}
		const distrust = distrustReason(error);
		return distrust === undefined
			? unreachable(`${base}: ${messageOf(error)}`)
			: { ok: false, problem: notBelieved(base, distrust), wait: "short" };
	}
}

/** The answer comes from another fleet than the one that this machine was booted for. */
function notOurs(base: string): Problem {
	return {
		code: "unauthorized",
		message: `${base} answers, and not with a signature of this machine's fleet`,
		next: "boot the machine anew, so that it gets the fleet's key; if that does not help, look who answers there",
	};
}

/** Nothing was sent to it, the token neither. */
function notBelieved(base: string, reason: string): Problem {
	return {
		code: "unauthorized",
		message: `${base} is not believed: ${reason}`.slice(0, 2048),
		next: "look who answers there, and at this machine's clock; where the fleet has a new authority, boot the machine anew, so that it gets it",
	};
}

function unreachable(reason: string): Extract<EnrollOutcome, { ok: false }> {
	return {
		ok: false,
		wait: "short",
		problem: { code: "not-ready", message: `no coordinator answers: ${reason}`.slice(0, 2048) },
	};
}

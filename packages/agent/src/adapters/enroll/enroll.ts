import { check, EnrollReply, Problem } from "@rollcall/protocol";
import type { Enroll, EnrollOutcome } from "../../ports.ts";
import { postJson } from "./http.ts";

const TIMEOUT_MS = 10_000;

/** Enrolls over `POST /v1/enroll`, at each of the coordinators' base URLs in turn until one decides. */
export function createEnroll(coordinators: readonly string[]): Enroll {
	let first = 0;
	return async (request, signal) => {
		let last: EnrollOutcome = unreachable("no coordinator is configured");
		for (let turn = 0; turn < coordinators.length && !signal.aborted; turn++) {
			const index = (first + turn) % coordinators.length;
			const base = coordinators[index] ?? "";
			const outcome = await askOne(base, request, signal);
			if (outcome.ok || outcome.wait === "long") {
				// Whoever decided is asked first next time.
				first = index;
				return outcome;
			}
			last = outcome;
		}
		return last;
	};
}

async function askOne(base: string, request: Parameters<Enroll>[0], signal: AbortSignal): Promise<EnrollOutcome> {
	try {
		const url = new URL("v1/enroll", base.endsWith("/") ? base : `${base}/`);
		const answer = await postJson(url, request, { timeoutMs: TIMEOUT_MS, signal });
		if (answer.status === 200 || answer.status === 201) {
			const reply = check(EnrollReply, answer.value, `${base} v1/enroll`);
			return reply.ok ? { ok: true, reply: reply.value } : { ok: false, problem: reply.problem, wait: "short" };
		}
		const problem = Problem.safeParse(answer.value);
		const refused = answer.status >= 400 && answer.status < 500 && answer.status !== 429 && answer.status !== 408;
		return problem.success
			? { ok: false, problem: problem.data, wait: refused ? "long" : "short" }
			: unreachable(`${base}: status ${answer.status}`);
	} catch (error) {
		return unreachable(`${base}: ${error instanceof Error ? error.message : String(error)}`);
	}
}

function unreachable(reason: string): EnrollOutcome {
	return {
		ok: false,
		wait: "short",
		problem: { code: "not-ready", message: `no coordinator answers: ${reason}`.slice(0, 2048) },
	};
}

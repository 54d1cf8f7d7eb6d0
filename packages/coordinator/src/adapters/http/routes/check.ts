import { CheckRequest, CheckView } from "@rollcall/protocol";
import type { z } from "zod";
import { WorkRefused } from "../../../errors.ts";
import { refuse } from "../problem.ts";
import { type Route, route } from "../route.ts";
import { NOTHING } from "./parameters.ts";

const EXAMPLE: z.input<typeof CheckView> = {
	checkId: "0b9f4f2e-6f0e-4d3c-9a52-0c5b7c1d2e3f",
	state: "done",
	step: "done",
	startedAt: "2026-11-02T08:00:00.000Z",
	outcome: "ok",
	findings: [{ check: "pod-to-pod", state: "ok", text: "6 ways between pods on 3 nodes are open" }],
};
const common = {
	path: "/v1/check",
	scope: "operator",
	leads: true,
	params: NOTHING,
	query: NOTHING,
	response: CheckView,
	example: EXAMPLE,
} as const;

function orNone(view: CheckView | undefined): CheckView {
	if (view) return view;
	throw refuse("not-found", "this coordinator has checked no cluster since it started", { next: "rollcall check" });
}

/** A check of the cluster from within, one at a time. */
export const CHECK_ROUTES: readonly Route[] = [
	route({
		...common,
		method: "POST",
		noted: true,
		status: 201,
		summary: "Begin to check the cluster with pods on its nodes; it ends when nobody looks at it for 30 s",
		body: CheckRequest,
		refusals: ["conflict", "not-leader", "not-ready"],
		answer(api, { body, caller }) {
			try {
				return api.checker.begin(body, caller.name);
			} catch (error) {
				if (!(error instanceof WorkRefused)) throw error;
				throw refuse("conflict", error.message, { next: "wait for its end, or look at it: GET /v1/check" });
			}
		},
	}),
	route({
		...common,
		method: "GET",
		status: 200,
		summary: "How the check goes, or how the last one ended",
		body: null,
		refusals: ["not-found", "not-leader"],
		answer: (api) => orNone(api.checker.look()),
	}),
	route({
		...common,
		method: "DELETE",
		noted: true,
		status: 200,
		summary: "Have the check end and clean up; look at it until it is done",
		body: null,
		refusals: ["not-found", "not-leader"],
		answer: (api) => orNone(api.checker.stop()),
	}),
];

import { EVENT_PAYLOADS, fit, NodeState, WaitingClaim } from "@rollcall/protocol";
import { z } from "zod";
import type { Input } from "./inputs.ts";

const { reason } = EVENT_PAYLOADS["api-changed"].shape;
const { drifted, pruned } = EVENT_PAYLOADS["add-ons-applied"].shape;

/**
 * What in an input is written by others than its sender's parser (Kubernetes, tenants, other programs), and the size that it has in
 * an event. What is parsed where it arrives (hello, report, enroll, requests of operators) has its sizes from there.
 */
const SIZES: { readonly [K in Input["kind"]]?: z.ZodType } = {
	"api-seen": z.looseObject({ reason }),
	"nodes-seen": z.looseObject({ nodes: z.array(z.looseObject({ state: NodeState })) }),
	"claims-seen": z.looseObject({ waiting: z.array(WaitingClaim) }),
	"add-ons": z.looseObject({
		outcome: z.discriminatedUnion("ok", [
			z.looseObject({ ok: z.literal(false), reason }),
			z.looseObject({ ok: z.literal(true), drifted, pruned }),
		]),
	}),
	"cluster-checked": z.looseObject({ first: EVENT_PAYLOADS["cluster-checked"].shape.first }),
	"drain-seen": z.looseObject({ reason }),
	"etcd-snapshot-failed": z.looseObject({ reason }),
	"command-failed": z.looseObject({ reason }),
	reject: z.looseObject({ reason }),
	compromised: z.looseObject({ reason }),
	"operator-certificate": z.looseObject({ by: EVENT_PAYLOADS["operator-certificate-issued"].shape.by }),
};

/**
 * An input with its texts cut to what events take, before anything is compared with it: what is cut later would differ from what was
 * recorded, and be news for ever. What does not fit for another reason is left to the parse of its events.
 */
export function fitInput<I extends Input>(input: I): I {
	const sizes = SIZES[input.kind];
	if (!sizes) return input;
	const fitted = fit(sizes as z.ZodType<I>, input);
	return fitted.ok ? fitted.value : input;
}
